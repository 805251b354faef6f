# What the tests of the NumPy reference share: the import path, the sample, and vectors of random codes and values.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "runtime", "python"))

import numpy as np  # noqa: E402  (the path is set above)

SAMPLE = os.path.join(ROOT, "test", "data", "smollm2_layer.safetensors")


def random_codes(seed, shape, bits):
    """uint8 codes that use every value of the alphabet (spec dst-4)."""
    codes = np.random.default_rng(seed).integers(0, 2**bits, shape, dtype=np.uint8)
    assert len(np.unique(codes)) == 2**bits
    return codes


def random_values(seed, shape, dtype=np.float32, scale=1.0):
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(dtype)
