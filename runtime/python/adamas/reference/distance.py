# L1 distance of codes, query weights and weighted distance (spec dst-*, wgt-*, pak-4, ref-1).
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Distances are exact integers. Rows of a distance are `[B, Nq, Hs]`, Hs = Hq (`per_query_head`) or Hkv (`per_kv_head`);
its last axis is all N tokens or a candidate list; -1 stands where there is no such token."""

import numpy as np

from .codes import check_planes, group_size, hadamard

POLICIES = ("per_query_head", "per_kv_head")
MAX_RANGE = 2**15
SMALLEST_SUM = np.float32(2.0**-100)


def check_policy(policy):
    """Raises ValueError for an unknown group policy (spec sel-4)."""
    if policy not in POLICIES:
        raise ValueError(f"expected the policy to be one of {', '.join(POLICIES)}, but got '{policy}'")


def visible_lengths(seq_lens, query_tokens, batch, tokens):
    """How many tokens each query token sees (spec nq-1).

    seq_lens: integers [B], tokens of each sequence with the current ones, or None for `tokens` each.
    Returns int64 [B, Nq]: N_b - Nq + i + 1 for query token i, and 0 for an empty sequence.
    Raises ValueError for a length outside [0, tokens], and for 1 <= N_b < Nq.
    """
    if not 1 <= query_tokens <= 8:
        raise ValueError(f"expected 1 to 8 query tokens, but got {query_tokens}")
    lens = np.full(batch, tokens) if seq_lens is None else np.asarray(seq_lens)
    if lens.shape != (batch,) or lens.dtype.kind not in "iu":
        raise ValueError(f"expected integer lengths [{batch}], but got {lens.dtype} {list(lens.shape)}")
    lens = lens.astype(np.int64)
    for b, n in enumerate(lens):
        if not 0 <= n <= tokens:
            raise ValueError(f"expected the length of sequence {b} in [0, {tokens}], but got {n}")
        if 1 <= n < query_tokens:
            raise ValueError(f"expected the length of sequence {b} to be 0 or at least {query_tokens} query tokens, but got {n}")
    lengths = lens[:, None] - query_tokens + 1 + np.arange(query_tokens)
    return np.where(lens[:, None] == 0, 0, lengths)


def check_candidates(candidates, shape, lengths):
    """Raises ValueError unless candidates are [*shape, K], strictly ascending, -1 padded at the end, inside the length (spec ref-1, ref-2)."""
    candidates = np.asarray(candidates)
    if candidates.ndim != 4 or candidates.shape[:3] != tuple(shape) or candidates.dtype.kind not in "iu":
        raise ValueError(f"expected integer candidates {list(shape)} + [K], but got {candidates.dtype} {list(candidates.shape)}")
    for row in np.ndindex(*shape):
        listed = candidates[row].astype(np.int64)
        count = int((listed >= 0).sum())
        if (listed[:count] < 0).any() or (listed[count:] != -1).any():
            raise ValueError(f"expected candidates of row {row} to be padded with -1 at the end only")
        if (np.diff(listed[:count]) <= 0).any():
            raise ValueError(f"expected strictly ascending candidates in row {row}")
        if count and listed[count - 1] >= lengths[row[0], row[1]]:
            raise ValueError(f"expected candidates of row {row} below {lengths[row[0], row[1]]}, but got {listed[count - 1]}")
    return candidates


def _rows(distance_of, shape, tokens, lengths, candidates):
    """Fills [*shape, N or K] from distance_of(row, positions); -1 where there is no token."""
    if lengths is None:
        lengths = np.full(shape[:2], tokens)
    if candidates is not None:
        candidates = check_candidates(candidates, shape, lengths)
    result = np.full((*shape, tokens if candidates is None else candidates.shape[3]), -1, np.int32)
    for row in np.ndindex(*shape):
        if candidates is None:
            positions = slice(0, int(lengths[row[0], row[1]]))
        else:
            positions = candidates[row][candidates[row] >= 0]
        distances = distance_of(row, positions)
        result[row][: len(distances)] = distances
    return result


def l1_distance(query_codes, key_codes, bits, planes=None, policy="per_query_head", lengths=None, candidates=None):
    """sum_j |code_q[j] - code_k[j]|, over the group's heads too for `per_kv_head` (spec dst-1, dst-2, sel-4, pak-4).

    query_codes: uint8 [B, Nq, Hq, D]; key_codes: uint8 [Bk, Hkv, N, D], Bk = B, or 1 for a cache that all share.
    planes: read only the top `planes` of `bits` (codes become code >> (bits - planes) on both sides).
    lengths: [B, Nq] visible tokens, or None for all N. candidates: int32 [B, Nq, Hs, K] or None (spec ref-1).
    Returns int32 [B, Nq, Hs, N or K], each distance in [0, (2^planes - 1) D] (times G for `per_kv_head`).
    """
    check_policy(policy)
    drop = bits - check_planes(planes, bits)
    _check_codes(key_codes, bits, "key")
    _check_codes(query_codes, bits, "query")
    batch, query_tokens, query_heads, size = query_codes.shape
    kv_heads = _check_keys(key_codes, batch, size)
    group = group_size(query_heads, kv_heads)
    heads = query_heads if policy == "per_query_head" else kv_heads
    query, key = (query_codes >> drop).astype(np.int16), (key_codes >> drop).astype(np.int16)

    def distance_of(row, positions):
        b, i, h = row
        if policy == "per_query_head":
            kv_head, queries = h // group, query[b, i, h : h + 1]
        else:
            kv_head, queries = h, query[b, i, h * group : (h + 1) * group]
        keys = key[b % len(key), kv_head, positions]
        return sum(np.abs(keys - q).sum(axis=-1, dtype=np.int32) for q in queries)

    return _rows(distance_of, (batch, query_tokens, heads), key.shape[2], lengths, candidates)


def absolute_sum(rotated):
    """a = sum_j |y_j| in f32 by butterflies of strides 1, 2, 4, ... (spec wgt-1). [..., D] to [...]."""
    s = np.abs(rotated)
    lanes = np.arange(s.shape[-1])
    stride = 1
    with np.errstate(invalid="ignore", over="ignore"):
        while stride < s.shape[-1]:
            s = s + s[..., lanes ^ stride]
            stride *= 2
    return s[..., 0]


def _usable(a):
    """Which sums wgt-2 accepts: not below 2^-100, not infinite, not NaN."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(a) & (a >= SMALLEST_SUM)


def weigh(query, kv_heads, policy="per_query_head", weight_range=None, weight_cap=7):
    """Query weights (spec wgt-1, wgt-2, wgt-4), bit-exact.

    query: [B, Nq, Hq, D] f16, bf16 or f32, not rotated. weight_range: W, 1 to 2^15, default 2 D.
    weight_cap: C, 1 to 127.
    Returns int8 [B, Nq, Hs, D], Hs = Hq or, for `per_kv_head`, Hkv.
    """
    check_policy(policy)
    batch, query_tokens, query_heads, size = query.shape
    group = group_size(query_heads, kv_heads)
    weight_range = 2 * size if weight_range is None else weight_range
    if not 1 <= weight_range <= MAX_RANGE:
        raise ValueError(f"expected a weight range of 1 to {MAX_RANGE}, but got {weight_range}")
    if not 1 <= weight_cap <= 127:
        raise ValueError(f"expected a weight cap of 1 to 127, but got {weight_cap}")
    y = hadamard(query)
    if policy == "per_kv_head" and group > 1:
        y = y.reshape(batch, query_tokens, kv_heads, group, size)
        total = np.zeros((batch, query_tokens, kv_heads, size), np.float32)
        for h in range(group):
            a = absolute_sum(y[..., h, :])
            use = _usable(a)[..., None]
            share = y[..., h, :] / np.where(use, a[..., None], np.float32(1))
            with np.errstate(invalid="ignore"):
                total = np.where(use, total + share, total)
        y = total
    a = absolute_sum(y)
    use = _usable(a)
    factor = np.float32(weight_range) / np.where(use, a, np.float32(1))
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(y * factor[..., None])
    valid = use[..., None] & ~np.isnan(scaled)
    return np.clip(np.where(valid, scaled, 0), -weight_cap, weight_cap).astype(np.int8)


def weighted_distance(weights, key_codes, bits, planes=None, lengths=None, candidates=None):
    """m * sum_{w_j > 0} w_j - sum_j w_j c_j, m = 2^planes - 1 (spec wgt-3, pak-4).

    weights: int8 [B, Nq, Hs, D] from `weigh`; key_codes: uint8 [Bk, Hkv, N, D], Bk = B or 1.
    lengths, candidates and the result are those of `l1_distance`.
    """
    planes = check_planes(planes, bits)
    _check_codes(key_codes, bits, "key")
    if np.asarray(weights).dtype != np.int8:
        raise TypeError(f"expected weights in int8, but got {np.asarray(weights).dtype}")
    batch, query_tokens, heads, size = weights.shape
    share = group_size(heads, _check_keys(key_codes, batch, size))
    key = (key_codes >> (bits - planes)).astype(np.int32)
    w = weights.astype(np.int32)
    largest = 2**planes - 1

    def distance_of(row, positions):
        b, _, h = row
        keys = key[b % len(key), h // share, positions]
        return largest * np.maximum(w[row], 0).sum() - keys @ w[row]

    return _rows(distance_of, (batch, query_tokens, heads), key.shape[2], lengths, candidates)


def l1_bound(size, planes, group=1):
    """The largest L1 distance: (2^planes - 1) D, times G for a shared selection (spec sel-6)."""
    return group * (2**planes - 1) * size


def weighted_bound(size, planes, weight_range=None, weight_cap=7):
    """The static bound of the weighted distance: m * min(C D, W + D / 2 + 1) (spec wgt-3)."""
    return (2**planes - 1) * min(weight_cap * size, (2 * size if weight_range is None else weight_range) + size // 2 + 1)


def _check_codes(codes, bits, side):
    if codes.ndim != 4 or codes.dtype != np.uint8:
        raise ValueError(f"expected {side} codes as uint8 with 4 axes, but got {codes.dtype} {list(codes.shape)}")
    if codes.size and codes.max() >= 2**bits:
        raise ValueError(f"expected {side} codes of at most {2**bits - 1} for {bits} bits, but got {codes.max()}")


def _check_keys(key_codes, batch, size):
    if key_codes.shape[0] not in (1, batch):
        raise ValueError(f"expected a key batch of 1 or {batch}, but got {key_codes.shape[0]}")
    if key_codes.shape[3] != size:
        raise ValueError(f"expected key codes of dimension {size}, but got {key_codes.shape[3]}")
    return key_codes.shape[1]
