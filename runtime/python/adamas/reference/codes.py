# Hadamard transform, codes and canonical bit planes (spec had-*, buk-*, pak-*).
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From vectors to codes. Everything here is bit-exact by specification: f32 operations one at a time, in a given order."""

import numpy as np

from .floats import to_f32

MAX_BITS = 4


def check_bits(bits):
    """Raises ValueError unless 1 <= bits <= 4."""
    if not 1 <= bits <= MAX_BITS:
        raise ValueError(f"expected 1 to {MAX_BITS} bits a code, but got {bits}")


def check_planes(planes, bits):
    """Returns the number of planes a distance reads (None: all), or raises ValueError (spec pak-4)."""
    check_bits(bits)
    planes = bits if planes is None else planes
    if not 1 <= planes <= bits:
        raise ValueError(f"expected 1 to {bits} planes of a {bits}-bit code, but got {planes}")
    return planes


def hadamard(x):
    """Orthonormal Walsh-Hadamard transform along the last axis (spec had-1..3).

    x: [..., D], f16, bf16 or f32; D a power of two, 2 to 1024. Returns f32 of the same shape.
    The f32 operations run in the order of had-2, so the result is bit-exact. NaN and infinities propagate.
    Raises ValueError for another D, TypeError for another element type.
    """
    y = to_f32(x).copy()
    if y.ndim == 0:
        raise ValueError("expected at least one axis to transform, but got a scalar")
    size = y.shape[-1]
    if not 2 <= size <= 1024 or size & (size - 1):
        raise ValueError(f"expected the transformed size to be a power of two from 2 to 1024, but got {size}")
    stride = 1
    with np.errstate(invalid="ignore", over="ignore"):
        while stride < size:
            pairs = y.reshape(*y.shape[:-1], size // (2 * stride), 2, stride)
            a, b = pairs[..., 0, :].copy(), pairs[..., 1, :].copy()
            pairs[..., 0, :], pairs[..., 1, :] = a + b, a - b
            stride *= 2
        return y * np.float32(1.0 / np.sqrt(float(size)))


def check_thresholds(thresholds, bits):
    """Returns thresholds as f32 [..., 2^bits - 1], or raises ValueError (spec buk-1: count, finite, strictly increasing)."""
    check_bits(bits)
    t = to_f32(thresholds)
    if t.ndim == 0 or t.shape[-1] != 2**bits - 1:
        raise ValueError(f"expected {2**bits - 1} thresholds for {bits} bits, but got shape {list(t.shape)}")
    if not np.isfinite(t).all():
        raise ValueError("expected finite thresholds, but got a NaN or an infinity")
    if not (t[..., 1:] > t[..., :-1]).all():
        raise ValueError("expected strictly increasing thresholds, but got an equal or smaller neighbour")
    return t


def bucketize(rotated, thresholds, bits):
    """Codes: how many thresholds are strictly smaller than the value (spec buk-1..3).

    rotated: f32 [..., D], the output of `hadamard`, minus the offset for keys.
    thresholds: f32 [2^bits - 1], or [..., 2^bits - 1] with leading axes that broadcast against those of `rotated`.
    Returns uint8 [..., D]. NaN gets code 0; both zeros compare equal to a zero threshold.
    """
    t = check_thresholds(thresholds, bits)
    rotated = np.asarray(rotated)
    if rotated.dtype != np.float32:
        raise TypeError(f"expected rotated values in float32, but got {rotated.dtype}")
    codes = np.zeros(rotated.shape, np.uint8)
    with np.errstate(invalid="ignore"):
        for i in range(t.shape[-1]):
            codes += rotated > t[..., i, None]
    return codes


def pack(codes, bits):
    """Canonical bit planes, least significant plane first (spec pak-1, pak-3).

    codes: uint8 [..., D], D a multiple of 32. Returns uint32 [..., bits, D / 32]: bit j of word w of plane p is bit p of
    codes[..., 32 w + j]. Raises ValueError for another D or a code above 2^bits - 1.
    """
    check_bits(bits)
    codes = np.asarray(codes)
    if codes.shape[-1] % 32:
        raise ValueError(f"expected the code dimension to be a multiple of 32, but got {codes.shape[-1]}")
    if codes.size and codes.max() >= 2**bits:
        raise ValueError(f"expected codes of at most {2**bits - 1} for {bits} bits, but got {codes.max()}")
    words = codes.astype(np.uint32).reshape(*codes.shape[:-1], 1, codes.shape[-1] // 32, 32)
    plane = np.arange(bits, dtype=np.uint32)[:, None, None]
    lane = np.arange(32, dtype=np.uint32)
    return np.bitwise_or.reduce(((words >> plane) & 1) << lane, axis=-1)


def unpack(planes):
    """The inverse of `pack`: uint32 [..., bits, D / 32] to uint8 [..., D]."""
    planes = np.asarray(planes)
    if planes.dtype != np.uint32 or planes.ndim < 2:
        raise ValueError(f"expected uint32 planes [..., bits, D / 32], but got {planes.dtype} {list(planes.shape)}")
    bits, words = planes.shape[-2:]
    check_bits(bits)
    lane = np.arange(32, dtype=np.uint32)
    one = (planes[..., None] >> lane) & 1
    weight = (1 << np.arange(bits, dtype=np.uint32))[:, None, None]
    return (one * weight).sum(axis=-3).astype(np.uint8).reshape(*planes.shape[:-2], 32 * words)


def per_head(thresholds, kv_heads, bits):
    """One set for all heads [m] or a set per KV head [Hkv, m] -> f32 [Hkv, m] (spec buk-2)."""
    t = check_thresholds(thresholds, bits)
    if t.ndim == 1:
        t = np.broadcast_to(t, (kv_heads, t.shape[0]))
    if t.shape != (kv_heads, 2**bits - 1):
        raise ValueError(f"expected thresholds [{2**bits - 1}] or [{kv_heads}, {2**bits - 1}], but got {list(t.shape)}")
    return np.ascontiguousarray(t)


def encode_keys(key, thresholds, bits, offset=None):
    """Codes of keys: hadamard, minus the offset (one f32 subtraction, spec buk-5), bucketize.

    key: [Bk, Hkv, N, D] f16, bf16 or f32. thresholds: f32 [m] or [Hkv, m]. offset: f32 [Hkv, D] or None.
    Returns uint8 [Bk, Hkv, N, D].
    """
    heads, size = key.shape[1], key.shape[3]
    rotated = hadamard(key)
    if offset is not None:
        offset = to_f32(offset)
        if offset.shape != (heads, size):
            raise ValueError(f"expected an offset [{heads}, {size}], but got {list(offset.shape)}")
        with np.errstate(invalid="ignore", over="ignore"):
            rotated = rotated - offset[:, None, :]
    return bucketize(rotated, per_head(thresholds, heads, bits)[:, None, :], bits)


def encode_queries(query, thresholds, bits, kv_heads):
    """Codes of queries; query head h uses the set of KV head h / G (spec buk-2, dst-2), and never an offset (buk-5).

    query: [B, Nq, Hq, D] f16, bf16 or f32. thresholds: f32 [m] or [Hkv, m]. Returns uint8 [B, Nq, Hq, D].
    """
    group = group_size(query.shape[2], kv_heads)
    sets = np.repeat(per_head(thresholds, kv_heads, bits), group, axis=0)
    return bucketize(hadamard(query), sets, bits)


def group_size(query_heads, kv_heads):
    """G = Hq / Hkv, or ValueError if that is no integer >= 1."""
    if kv_heads < 1 or query_heads < 1 or query_heads % kv_heads:
        raise ValueError(f"expected query heads to be a multiple of key/value heads, but got {query_heads} and {kv_heads}")
    return query_heads // kv_heads
