# Selections: top-k by distance, its decomposition, exact top-k, Quest, sinks and recent tokens (spec sel-*, ref-2).
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A selection is a pair: indices int32 [B, Nq, Hs, k], ascending logical positions padded with -1, and lengths int32
[B, Nq, Hs] (spec sel-5). Every selection here forces the same tokens and breaks ties to the newest, so they compare."""

import numpy as np

from .codes import group_size
from .distance import check_candidates
from .floats import to_f32


def check_budget(k, sink, recent):
    """Raises ValueError for a budget that cannot hold its forced tokens (spec sel-1, sel-3), whatever the lengths."""
    if sink < 0:
        raise ValueError(f"expected sink >= 0, but got {sink}")
    if recent < 1:
        raise ValueError(f"expected recent >= 1, but got {recent}")
    if k < 1 or sink + recent > k:
        raise ValueError(f"expected sink + recent to be at most the budget {k}, but got {sink} + {recent}")


def forced(length, sink=0, recent=1):
    """Positions selected whatever their distance, ascending: the first `sink`, the last `recent`, clipped (spec sel-1, sel-3)."""
    positions = np.arange(length)
    return positions[(positions < sink) | (positions >= length - recent)]


def _select(positions, order, length, k, sink, recent):
    """One row: forced tokens, then the smallest (order, -position) of the other positions. Ascending (spec sel-2)."""
    keep = forced(length, sink, recent)
    other = ~np.isin(positions, keep)
    rest, rank = positions[other], order[other]
    best = rest[np.lexsort((-rest, rank))[: k - len(keep)]]
    return np.sort(np.concatenate([keep, best]))


def _collect(shape, k, row_of):
    """Builds the pair (indices, lengths) from row_of(row) -> ascending positions."""
    indices, lengths = np.full((*shape, k), -1, np.int32), np.zeros(shape, np.int32)
    for row in np.ndindex(*shape):
        chosen = row_of(row)
        indices[row][: len(chosen)] = chosen
        lengths[row] = len(chosen)
    return indices, lengths


def topk(distances, lengths, k, sink=0, recent=1, candidates=None):
    """The k tokens of smallest distance, ties to the newest, forced tokens always (spec sel-1..3, sel-5, ref-2).

    distances: integers [B, Nq, Hs, N], or [B, Nq, Hs, K] beside candidates of that shape. lengths: [B, Nq] visible tokens.
    Returns (indices int32 [B, Nq, Hs, k], lengths int32 [B, Nq, Hs]). Indices are logical positions, also with candidates.
    Raises ValueError for a bad budget, bad candidates, or a negative distance of a token that exists.
    """
    check_budget(k, sink, recent)
    distances = np.asarray(distances)
    if distances.ndim != 4 or distances.dtype.kind not in "iu":
        raise ValueError(f"expected integer distances with 4 axes, but got {distances.dtype} {list(distances.shape)}")
    shape = distances.shape[:3]
    if candidates is not None:
        candidates = check_candidates(candidates, shape, lengths)
        if candidates.shape != distances.shape:
            raise ValueError(f"expected distances of the candidates' shape {list(candidates.shape)}, but got {list(distances.shape)}")

    def row_of(row):
        length = int(lengths[row[0], row[1]])
        if candidates is None:
            positions = np.arange(length)
        else:
            positions = candidates[row][candidates[row] >= 0].astype(np.int64)
        order = distances[row][: len(positions)].astype(np.int64)
        if len(order) < len(positions) or (order < 0).any():
            raise ValueError(f"expected {len(positions)} distances >= 0 in row {row}, but some are missing or negative")
        return _select(positions, order, length, k, sink, recent)

    return _collect(shape, k, row_of)


def histogram(distances, positions, keep, bins):
    """How many tokens that are not forced have each distance (spec sel-6). One row or any part of it.

    distances: integers [n] of the tokens at `positions` [n]; keep: forced positions. Returns int64 [bins].
    """
    return np.bincount(distances[~np.isin(positions, keep)], minlength=bins)


def threshold(counts, need):
    """(t, quota): the smallest t with at least `need` tokens at distance <= t, and how many are still taken at t (spec sel-6).

    With fewer than `need` tokens in all, everything is taken: t is the last bin and the quota its count.
    """
    total = np.cumsum(counts)
    if need <= 0:
        return -1, 0
    if total[-1] < need:
        return len(counts) - 1, int(counts[-1])
    t = int(np.searchsorted(total, need))
    return t, int(need - (total[t] - counts[t]))


def compact(distances, positions, keep, t, quota):
    """Selected positions of a part, ascending: forced, below t, and the newest `quota` at t (spec sel-6).

    A part that is not the newest gets as quota what the newer parts have left (never below 0).
    """
    is_forced = np.isin(positions, keep)
    tied = positions[~is_forced & (distances == t)]
    newest = tied[len(tied) - min(quota, len(tied)) :]
    return np.sort(np.concatenate([positions[is_forced | (distances < t)], newest]))


def scores(query, key, row, group):
    """f64 products q . k of one query head with every stored token of its KV head: [N]."""
    b, i, h = row
    q = to_f32(query[b, i, h]).astype(np.float64)
    k = to_f32(key[b % len(key), h // group]).astype(np.float64)
    # A plain sum per row, not a matrix product: equal keys must give equal scores for ties to mean anything.
    with np.errstate(invalid="ignore", over="ignore"):
        return (k * q).sum(axis=-1)


def _rank(score):
    """Descending score as an ascending order; NaN is never preferred."""
    return -np.where(np.isnan(score), -np.inf, score)


def exact_topk(query, key, lengths, k, sink=0, recent=1, policy="per_query_head"):
    """S*: the k tokens with the largest f64 scores q . k, with the same forced tokens, ties to the newest.

    query: [B, Nq, Hq, D]; key: [Bk, Hkv, N, D]; lengths: [B, Nq]. For `per_kv_head` the scores of the group's heads are added.
    Returns (indices, lengths) as `topk`.
    """
    check_budget(k, sink, recent)
    return _by_score(query, key, lengths, k, sink, recent, policy, scores)


def quest(query, key, lengths, k, sink=0, recent=1, page=16):
    """Quest: every token of a page ranks by the page's bound sum_j max(q_j max_j, q_j min_j); the last page comes first.

    Quest's own code leaves the last page out of the ranking and always reads it. Where it is not full, the budget that it
    leaves goes to the best page that no longer fits whole, so that all methods here keep exactly k tokens.
    Arguments and result as `exact_topk`, per query head; `page` in tokens.
    """
    check_budget(k, sink, recent)

    def bound(query, key, row, group):
        b, i, h = row
        length = int(lengths[b, i])
        q = to_f32(query[b, i, h]).astype(np.float64)
        keys = to_f32(key[b % len(key), h // group]).astype(np.float64)
        if not length:
            return np.empty(0)
        starts = np.arange(0, length, page)
        largest = np.maximum.reduceat(keys[:length], starts, axis=0)
        smallest = np.minimum.reduceat(keys[:length], starts, axis=0)
        with np.errstate(invalid="ignore", over="ignore"):
            bounds = np.maximum(q * largest, q * smallest).sum(axis=-1)
        bounds[-1] = np.inf
        return np.repeat(bounds, page)[:length]

    return _by_score(query, key, lengths, k, sink, recent, "per_query_head", bound)


def sink_recent(lengths, heads, k, sink=4):
    """The first `sink` and the last k - sink tokens (StreamingLLM). lengths: [B, Nq]. Returns (indices, lengths) as `topk`."""
    check_budget(k, sink, k - sink)
    return _collect((*np.shape(lengths), heads), k, lambda row: forced(int(lengths[row[0], row[1]]), sink, k - sink))


def _by_score(query, key, lengths, k, sink, recent, policy, score_of):
    group = group_size(query.shape[2], key.shape[1])
    share = 1 if policy == "per_query_head" else group

    def row_of(row):
        b, i, h = row
        length = int(lengths[b, i])
        score = sum(score_of(query, key, (b, i, g), group)[:length] for g in range(h * share, (h + 1) * share))
        return _select(np.arange(length), _rank(score), length, k, sink, recent)

    return _collect((*query.shape[:2], query.shape[2] // share), k, row_of)
