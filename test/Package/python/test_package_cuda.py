# The package on a GPU, as far as the fake driver and the fake compiler of the runtime's tests go: pointers, strides, streams.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import subprocess
import sys
import unittest

import numpy as np
from package_support import ROOT, adamas, needs_library

UNIT = os.path.join(os.environ.get("ADAMAS_BUILD_DIR", os.path.join(ROOT, "build")), "test", "Unit")
FAKES = {"ADAMAS_LIBCUDA": os.path.join(UNIT, "libAdamasRuntimeFakeCuda.so"),
         "ADAMAS_COMPILER": os.path.join(UNIT, "libAdamasRuntimeFakeCompiler.so")}


class OnGpu:
    """Memory of the fake device, which nobody reads."""

    device = 0

    def __init__(self, shape, dtype, address=0x10000):
        self.shape = shape
        self.__cuda_array_interface__ = {"shape": shape, "typestr": np.dtype(dtype).str, "data": (address, False), "version": 3}


def steps():
    """What each test prints of; runs in a process with the fakes in its environment."""
    plan = adamas.Plan(
        query_heads=4, kv_heads=2, head_dim=32, budget=8, page_size=16, max_batch=2, max_seq_len=64, lse=True, device="cuda",
        operations=("decode", "dense", "select", "append"),
    )
    assert plan.context.info()["chip"] == "sm_90a" and adamas.device_count() == 1 and adamas.device_info(0)["ordinal"] == 0
    assert plan.codes_shape(3, 16) == (3, 2, 16, 2, 1)
    pool = (3, 2, 16, 32)
    cache = adamas.Cache(
        plan, OnGpu(pool, "f2"), OnGpu(pool, "f2"), OnGpu(plan.codes_shape(3, 16), "u4"), OnGpu((2,), "i4"), OnGpu((2, 4), "i4")
    )
    query, output = OnGpu((2, 4, 32), "f2"), OnGpu((2, 4, 32), "f2")
    for stream in (None, 0, 7, type("Stream", (), {"cuda_stream": 9})()):
        args, rows = plan._query(adamas.plan.library.DenseArgs, cache, query)
        args.output, args.lse = plan._output(args, query, output).__cuda_array_interface__["data"][0], 0x10000
        plan._call("dense", (args,), cache, query, stream)
    new = OnGpu((5, 2, 32), "f2")
    plan.append(cache, new, new, OnGpu((5,), "i4"), (OnGpu((2, 3), "f4"), OnGpu((2, 32), "f4")), stream=7)
    switching = adamas.Plan(
        query_heads=4, kv_heads=2, head_dim=32, max_seq_len=64, dense_below_crossover=True, validate=True, device="cuda"
    )
    assert (plan.crossover, switching.crossover) == (40, 40)
    assert switching.workspace_size(1) > plan.workspace_size(1) > 0  # another output, and lengths
    switching.read_errors(stream=7)
    for call, text in (
        (lambda: plan.decode(cache, query), "result: expected an array of NumPy or PyTorch to make one like it, but got OnGpu: give `output`"),
        (lambda: plan.decode(cache, np.zeros((2, 4, 32), np.float16)), "query: expected it on cuda:0, but got it on the CPU: move it"),
        (lambda: adamas.Cache(plan, cache.key, cache.value, cache.codes, cache.seq_lens), "page_table: expected one"),
        (lambda: adamas.Plan(query_heads=4, kv_heads=2, head_dim=32, device="cuda:3"), "device: expected a number from 0 to 0, but got 3"),
    ):
        try:
            call()
        except adamas.AdamasError as error:
            assert text in str(error), error
        else:
            raise AssertionError(f"expected an error: {text}")
    print("all steps ran")


@needs_library
@unittest.skipUnless(all(map(os.path.exists, FAKES.values())), "the runtime's fakes are not built")
class TestFakeGpu(unittest.TestCase):
    def test_steps(self):
        code = "import sys; sys.path.insert(0, sys.argv[1]); import test_package_cuda; test_package_cuda.steps()"
        environment = {**os.environ, **FAKES, "ADAMAS_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": "", "ADAMAS_LOG": "error",
                       "FAKE_CROSSOVER": "40"}
        done = subprocess.run(
            [sys.executable, "-c", code, os.path.dirname(os.path.abspath(__file__))], env=environment, capture_output=True, text=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stdout), (0, "all steps ran\n"), done.stderr)

    def test_no_driver(self):
        code = "import adamas; adamas.Plan(query_heads=4, kv_heads=2, head_dim=32, device='cuda')"
        environment = {**os.environ, "ADAMAS_LIBCUDA": "/nonexistent/libcuda.so.1"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
        self.assertIn("adamas.errors.DriverError: /nonexistent/libcuda.so.1: expected the CUDA driver library", done.stderr)


if __name__ == "__main__":
    unittest.main()
