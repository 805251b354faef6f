# Thresholds and offsets from a prefix of keys and queries (spec buk-4, buk-5, buk-6).
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calibration is per KV head. Sums are f64 and correctly rounded (math.fsum), so they do not depend on an order of addition."""

import math

import numpy as np

from .codes import check_bits, check_thresholds, group_size, hadamard

METHODS = ("paper", "quantile", "uniform")
PAPER = np.array([-10, 0, 10], np.float32)
OFFSET_SHARE = 0.75
STEP = {1: 1.0, 2: 0.9957, 3: 0.5860, 4: 0.3352}


def quantiles(values, bits):
    """Thresholds that cut `values` into 2^bits equal shares: sorted[ceil((i + 1) n / 2^bits) - 1] (spec buk-6).

    values: f32, any shape; non-finite ones are dropped. An equal neighbour is raised to the next f32.
    Returns f32 [2^bits - 1]. Raises ValueError if nothing finite is left or the raised values leave the finite range.
    """
    check_bits(bits)
    ordered = np.sort(values[np.isfinite(values)], axis=None)
    if not len(ordered):
        raise ValueError("expected at least one finite value to take quantiles of, but got none")
    t = np.empty(2**bits - 1, np.float32)
    for i in range(len(t)):
        t[i] = ordered[-(-(i + 1) * len(ordered) // 2**bits) - 1]
        if i and t[i] <= t[i - 1]:
            t[i] = np.nextafter(t[i - 1], np.float32(np.inf))
    return check_thresholds(t, bits)


def mean_offset(rotated):
    """0.75 of the mean of each coordinate over the tokens (spec buk-5, buk-6). f32 [n, D] to f32 [D].

    A coordinate without any finite value gets offset 0.
    """
    offset = np.zeros(rotated.shape[1], np.float32)
    for j, column in enumerate(rotated.T):
        finite = column[np.isfinite(column)]
        if len(finite):
            offset[j] = np.float32(OFFSET_SHARE * (math.fsum(finite.tolist()) / len(finite)))
    return offset


def uniform(rotated, bits):
    """(thresholds f32 [2^bits - 1], offset f32 [D]) of one head's rotated keys f32 [n, D] (spec buk-6).

    Raises ValueError if the root mean square of the offset keys is 0.
    """
    check_bits(bits)
    offset = mean_offset(rotated)
    with np.errstate(invalid="ignore", over="ignore"):
        shifted = rotated - offset
    shifted = shifted[np.isfinite(shifted)].astype(np.float64)
    rms = math.sqrt(math.fsum((shifted * shifted).tolist()) / len(shifted)) if len(shifted) else 0.0
    if rms == 0:
        raise ValueError("expected keys that differ from their offset, but their root mean square is 0")
    t = [np.float32((i - (2**bits - 2) / 2) * STEP[bits] * rms) for i in range(2**bits - 1)]
    return check_thresholds(np.array(t, np.float32), bits), offset


def calibrate(key, method, bits, query=None):
    """Thresholds, query thresholds and offset from the first half of the tokens (spec buk-6).

    key: [Bk, Hkv, N, D] f16, bf16 or f32; the first floor(N / 2) tokens are used.
    method: "paper" (2 bits only), "quantile" or "uniform".
    query: queries of that same prefix, [..., Hq, D], for query thresholds of `quantile`; without them keys' serve both.
    Returns a dict: thresholds and query_thresholds f32 [Hkv, 2^bits - 1], offset f32 [Hkv, D].
    Raises ValueError, naming the KV head, where a set cannot be made.
    """
    check_bits(bits)
    batch, heads, tokens, size = key.shape
    offset = np.zeros((heads, size), np.float32)
    if method == "paper":
        if bits != 2:
            raise ValueError(f"expected 2 bits for the paper's thresholds, but got {bits}")
        thresholds = np.tile(PAPER, (heads, 1))
        return {"thresholds": thresholds, "query_thresholds": thresholds.copy(), "offset": offset}
    if method not in METHODS:
        raise ValueError(f"expected the method to be one of {', '.join(METHODS)}, but got '{method}'")
    rotated = hadamard(key[:, :, : tokens // 2])
    thresholds = np.empty((heads, 2**bits - 1), np.float32)
    for h in range(heads):
        prefix = rotated[:, h].reshape(-1, size)
        try:
            if method == "uniform":
                thresholds[h], offset[h] = uniform(prefix, bits)
            else:
                thresholds[h] = quantiles(prefix, bits)
        except ValueError as error:
            raise ValueError(f"key/value head {h}: {error}") from None
    query_thresholds = thresholds.copy()
    if method == "quantile" and query is not None:
        query_thresholds = query_quantiles(query, heads, bits)
    return {"thresholds": thresholds, "query_thresholds": query_thresholds, "offset": offset}


def query_quantiles(query, kv_heads, bits):
    """Quantiles of the rotated queries of each group, over all its heads: [..., Hq, D] to f32 [Hkv, 2^bits - 1] (spec buk-6)."""
    group = group_size(query.shape[-2], kv_heads)
    rotated = hadamard(query)
    result = np.empty((kv_heads, 2**bits - 1), np.float32)
    for h in range(kv_heads):
        try:
            result[h] = quantiles(rotated[..., h * group : (h + 1) * group, :], bits)
        except ValueError as error:
            raise ValueError(f"key/value head {h}: queries: {error}") from None
    return result
