# Compares the tensors that two safetensors files share, bit by bit: compare_files.py A B.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import sys

import numpy as np
from adamas.reference import safetensors


def main():
    (a, _), (b, _) = safetensors.load(sys.argv[1]), safetensors.load(sys.argv[2])
    for name in sorted(set(a) & set(b)):
        if a[name].dtype != b[name].dtype or not np.array_equal(a[name], b[name]):
            sys.exit(f"'{name}' differs")
    if not {"indices", "output", "key_codes"} <= set(a) & set(b):
        sys.exit(f"expected indices, output and key_codes in both, but got {sorted(a)} and {sorted(b)}")


if __name__ == "__main__":
    main()
