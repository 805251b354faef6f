# Compares a file of thresholds with those of the NumPy reference, bit by bit: compare_with_numpy.py DATA MODE BITS FILE.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import sys

import numpy as np
from adamas.reference import calibration, safetensors


def main():
    data, mode, bits, result = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    tensors, _ = safetensors.load(data)
    expected = calibration.calibrate(tensors["key"], mode, bits)
    del expected["query_thresholds"]
    if mode == "quantile":
        # The data's queries are all outside the prefix; it brings the quantiles of those inside.
        given = tensors[f"query_quantiles_{max(bits, 2)}"]
        expected["query_thresholds"] = given[:, 1:2] if bits == 1 else given
    if mode != "uniform":
        del expected["offset"]

    got, _ = safetensors.load(result)
    if sorted(got) != sorted(expected):
        sys.exit(f"{mode} {bits}: expected the tensors {sorted(expected)}, but got {sorted(got)}")
    for name, values in expected.items():
        if got[name].dtype != np.float32 or not np.array_equal(got[name], values):
            sys.exit(f"{mode} {bits}: {name} differs: expected\n{values}\nbut got\n{got[name]}")
    print(f"{mode} {bits}: {', '.join(sorted(got))} agree")


if __name__ == "__main__":
    main()
