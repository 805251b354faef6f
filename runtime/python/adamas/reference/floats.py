# The element types of the specification in NumPy: f16, f32 and bf16, converted exactly.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""f16 and f32 are NumPy's own types. NumPy has no bf16, so a bf16 array is an array of the structured type `BF16`,
whose one field holds the 16 bits; it indexes and reshapes as any array, and cannot be taken for an array of integers."""

import numpy as np

BF16 = np.dtype([("bf16", "<u2")])


def to_f32(array):
    """Converts an f16, bf16 or f32 array to f32, exactly.

    Raises TypeError for any other type: an f64 value has no exact f32 (spec had-2 wants an exact conversion).
    """
    array = np.asarray(array)
    if array.dtype == np.float32:
        return array
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype == BF16:
        return (array["bf16"].astype(np.uint32) << 16).view(np.float32)
    raise TypeError(f"expected an array of float16, bfloat16 or float32, but got {array.dtype}")


def to_bf16(array):
    """Rounds an f32 array to bf16 (nearest, ties to even; NaN stays NaN). Returns an array of type `BF16`."""
    array = np.asarray(array)
    if array.dtype != np.float32:
        raise TypeError(f"expected an array of float32, but got {array.dtype}")
    bits = np.ascontiguousarray(array).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    # The carry of the rounding could turn a NaN into an infinity or a zero; keep its sign and make it quiet.
    rounded = np.where(np.isnan(array), (bits >> 16) | 0x40, rounded)
    result = np.empty(array.shape, BF16)
    result["bf16"] = rounded.astype(np.uint16)
    return result
