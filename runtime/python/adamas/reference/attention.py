# Attention in f64 over a selection, its merge, tolerances and quality metrics (spec att-*).
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The attention that every backend is measured against. Inputs convert exactly; everything after that is f64."""

from typing import NamedTuple

import numpy as np

from .codes import group_size
from .floats import to_f32

# Spec att-2: relative error of a head's output by element type, before the factor max(1, s / 64).
TOLERANCE = {"f32": 1e-5, "f16": 1e-3, "bf16": 8e-3}


class Attention(NamedTuple):
    """output: f64 [B, Nq, Hq, D]; lse: f64 [B, Nq, Hq], natural log; peak: f64 [B, Nq, Hq], the largest |scale q . k| of the
    set (att-2's s, 0 for an empty set); finite: bool [B, Nq, Hq], no non-finite score, value or output."""

    output: np.ndarray
    lse: np.ndarray
    peak: np.ndarray
    finite: np.ndarray


def _attend(q, k, v, scale):
    """One head: q [D], k and v [n, D] in f64 -> (output [D], lse, peak, finite)."""
    if len(k) == 0:
        return np.zeros(v.shape[1]), -np.inf, 0.0, True  # att-3
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        score = scale * (k * q).sum(axis=-1)
        largest = score.max()
        weight = np.exp(score - largest)
        total = weight.sum()
        output = (weight / total) @ v
        lse = largest + np.log(total)
    finite = bool(np.isfinite(score).all() and np.isfinite(v).all() and np.isfinite(output).all())
    return output, lse, np.abs(score).max(), finite


def _all_heads(query, key, value, scale, positions_of):
    batch, query_tokens, query_heads, size = query.shape
    if key.shape[3] != size or key.shape != value.shape or key.shape[0] not in (1, batch):
        raise ValueError(
            f"expected key and value [1 or {batch}, Hkv, N, {size}] of one shape, but got {list(key.shape)} and {list(value.shape)}"
        )
    group = group_size(query_heads, key.shape[1])
    scale = 1.0 / np.sqrt(float(size)) if scale is None else scale
    q, k, v = (to_f32(x).astype(np.float64) for x in (query, key, value))
    shape = query.shape[:3]
    result = Attention(np.zeros(query.shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, bool))
    for row in np.ndindex(*shape):
        b, kv_head = row[0] % len(k), row[2] // group
        at = positions_of(row)
        one = _attend(q[row], k[b, kv_head, at], v[b, kv_head, at], scale)
        result.output[row], result.lse[row], result.peak[row], result.finite[row] = one
    return result


def sparse_attention(query, key, value, indices, scale=None):
    """softmax(scale q . K) V over the selected tokens (spec att-1, att-3), in f64.

    query: [B, Nq, Hq, D]; key, value: [Bk, Hkv, N, D], Bk = B or 1; indices: int32 [B, Nq, Hq or Hkv, K], -1 padded.
    scale: default 1/sqrt(D). Returns `Attention`; an empty set gives output 0 and lse -inf.
    """
    share = query.shape[2] // indices.shape[2]

    def positions_of(row):
        listed = indices[row[0], row[1], row[2] // share]
        return listed[listed >= 0]

    return _all_heads(query, key, value, scale, positions_of)


def dense_attention(query, key, value, lengths, scale=None):
    """The same over all visible tokens. lengths: [B, Nq]. Returns `Attention`."""
    return _all_heads(query, key, value, scale, lambda row: slice(0, int(lengths[row[0], row[1]])))


def merge(parts):
    """Merges (output [..., D], lse [...]) of disjoint sets into those of their union (spec att-4).

    The empty set (0, -inf) is the neutral element. Returns (output, lse), f64.
    """
    lse = np.stack([np.asarray(part[1], np.float64) for part in parts])
    largest = lse.max(axis=0)
    safe = np.where(np.isneginf(largest), 0.0, largest)
    weight = np.exp(lse - safe)
    total = weight.sum(axis=0)
    mix = sum(w[..., None] * np.asarray(part[0], np.float64) for w, part in zip(weight, parts))
    with np.errstate(divide="ignore"):
        return mix / np.where(total == 0, 1.0, total)[..., None], safe + np.log(total)


def check_attention(output, expected, element, lse=None):
    """Compares a backend's output with `Attention` by att-2. Returns a list of messages, empty if all heads agree.

    output: [B, Nq, Hq, D] of any float type; element: "f32", "f16" or "bf16"; lse: [B, Nq, Hq] or None.
    Heads with a non-finite score, value or output are compared for being non-finite only.
    """
    got, problems = to_f32(output).astype(np.float64), []
    for row in np.ndindex(*expected.lse.shape):
        want, s = expected.output[row], expected.peak[row]
        if not expected.finite[row]:
            if np.isfinite(got[row]).all() != np.isfinite(want).all():
                problems.append(f"head {row}: expected {'a finite' if np.isfinite(want).all() else 'a non-finite'} output, but got the opposite")
            continue
        difference, norm = np.linalg.norm(got[row] - want), np.linalg.norm(want)
        allowed = TOLERANCE[element] * max(1.0, s / 64) * norm
        if not difference <= allowed:
            problems.append(f"head {row}: expected an output within {allowed:.3g}, but it is {difference:.3g} away")
        if lse is not None and expected.lse[row] != lse[row]:
            empty = np.isneginf(expected.lse[row])  # Then nothing but the same -inf will do.
            allowed = 0.0 if empty else 1e-5 * max(1.0, abs(expected.lse[row]), s)
            if empty or not abs(float(lse[row]) - expected.lse[row]) <= allowed:
                problems.append(f"head {row}: expected lse {expected.lse[row]:.7g} within {allowed:.3g}, but got {lse[row]:.7g}")
    return problems


def recall(indices, exact):
    """|S and S*| / |S*| per row: [B, Nq, Hs]. Both -1 padded; an empty S* counts as 1.

    A selection per KV head is compared with a per-query-head S* for each query head of the group.
    """
    share = exact.shape[2] // indices.shape[2]
    result = np.ones(exact.shape[:3])
    for row in np.ndindex(*result.shape):
        want = exact[row][exact[row] >= 0]
        if len(want):
            result[row] = np.isin(want, indices[row[0], row[1], row[2] // share]).mean()
    return result


def mass(sparse, dense):
    """Share of the dense softmax that the selection holds, exp(lse_S - lse_all), per head: [B, Nq, Hq]."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(dense.lse), 1.0, np.exp(sparse.lse - dense.lse))


def output_error(output, dense):
    """||o - o_dense|| / ||o_dense|| per head: [B, Nq, Hq]. output: f64 [B, Nq, Hq, D]; 0 where both vanish."""
    difference = np.linalg.norm(output - dense.output, axis=-1)
    norm = np.linalg.norm(dense.output, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((difference == 0) & (norm == 0), 0.0, difference / norm)
