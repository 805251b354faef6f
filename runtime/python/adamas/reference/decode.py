# One whole decode step, by each of the three shipped methods (spec: A decode step, ref-3, nq-1).
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`decode` strings the parts together the way the shipped modules do and returns every value that a backend may export."""

import numpy as np

from . import attention, codes, distance, selection
from .calibration import PAPER
from .floats import to_f32

METRICS = ("l1", "weighted", "two_pass")
TWO_PASS_BITS, TWO_PASS_PLANES, TWO_PASS_RATIO, TWO_PASS_SINK = 4, 1, 8, 4


def decode(
    query,
    key,
    value,
    seq_lens=None,
    metric="l1",
    bits=None,
    budget=128,
    policy="per_query_head",
    sink=None,
    recent=1,
    thresholds=None,
    query_thresholds=None,
    offset=None,
    weight_range=None,
    weight_cap=7,
    scale=None,
    first_planes=TWO_PASS_PLANES,
    first_ratio=TWO_PASS_RATIO,
    distances=False,
):
    """One step of sparse attention.

    query: [B, Hq, D] or [B, Nq, Hq, D]; key, value: [B or 1, Hkv, N, D]; f16, bf16 or f32, after RoPE.
    seq_lens: integers [B], or None for N tokens in each sequence.
    metric: "l1", "weighted", or "two_pass" (weighted; `first_planes` planes of all tokens select first_ratio * budget
    candidates, all planes of those select the budget; both selections force the same tokens).
    bits: default 2, for two_pass 4. sink: default 0, for two_pass 4.
    thresholds: f32 [m] or [Hkv, m]; None is the paper's set, for "l1" with 2 bits only.
    query_thresholds: for "l1"; None means those of the keys. offset: f32 [Hkv, D] or None.
    weight_range, weight_cap: W and C of the query weights. scale: default 1/sqrt(D).

    Returns a dict; rows are [B, Hs] for a 3-axis query and [B, Nq, Hs] for a 4-axis one, Hs = Hq or Hkv by the policy:
      indices int32 [rows, budget], lengths int32 [rows]; output f64 [B, (Nq,) Hq, D]; lse, peak f64 and finite bool
      [B, (Nq,) Hq] (see attention.Attention); key_codes uint32 [B or 1, Hkv, N, bits, D / 32];
      query_codes uint32 [B, (Nq,) Hq, bits, D / 32] for "l1", else query_weights int8 [rows, D];
      thresholds f32 [Hkv, m], query_thresholds likewise for "l1", offset f32 [Hkv, D]; visible int64 [B, (Nq)];
      for two_pass candidates int32 [rows, first_ratio * budget] and candidate_lengths;
      with distances=True: distances int32 [rows, N] of the scan (-1: no such token) and, for two_pass,
      candidate_distances int32 in the candidates' shape.
    Raises ValueError or TypeError for anything that the specification forbids.
    """
    if metric not in METRICS:
        raise ValueError(f"expected the metric to be one of {', '.join(METRICS)}, but got '{metric}'")
    distance.check_policy(policy)
    two_pass = metric == "two_pass"
    bits = (TWO_PASS_BITS if two_pass else 2) if bits is None else bits
    sink = (TWO_PASS_SINK if two_pass else 0) if sink is None else sink
    codes.check_bits(bits)
    selection.check_budget(budget, sink, recent)
    query, key, value = np.asarray(query), np.asarray(key), np.asarray(value)
    squeeze = query.ndim == 3
    query = query[:, None] if squeeze else query
    _check_shapes(query, key, value)
    batch, query_tokens, _, size = query.shape
    kv_heads, tokens = key.shape[1:3]
    visible = distance.visible_lengths(seq_lens, query_tokens, batch, tokens)
    if thresholds is None:
        if metric != "l1" or bits != 2:
            raise ValueError(f"expected calibrated thresholds for metric {metric} with {bits} bits, but got none")
        thresholds = PAPER
    thresholds = codes.per_head(thresholds, kv_heads, bits)
    offset = np.zeros((kv_heads, size), np.float32) if offset is None else to_f32(offset)

    key_codes = codes.encode_keys(key, thresholds, bits, offset)
    result = {"thresholds": thresholds, "offset": offset, "key_codes": codes.pack(key_codes, bits), "visible": visible}
    if metric == "l1":
        sets = thresholds if query_thresholds is None else codes.per_head(query_thresholds, kv_heads, bits)
        query_codes = codes.encode_queries(query, sets, bits, kv_heads)
        result.update(query_thresholds=sets, query_codes=codes.pack(query_codes, bits))
        scan = distance.l1_distance(query_codes, key_codes, bits, None, policy, visible)
    else:
        weights = distance.weigh(query, kv_heads, policy, weight_range, weight_cap)
        result["query_weights"] = weights
        scan = distance.weighted_distance(weights, key_codes, bits, first_planes if two_pass else None, visible)
    if two_pass:
        wide, wide_lengths = selection.topk(scan, visible, first_ratio * budget, sink, recent)
        rescored = distance.weighted_distance(weights, key_codes, bits, None, visible, wide)
        indices, lengths = selection.topk(rescored, visible, budget, sink, recent, wide)
        result.update(candidates=wide, candidate_lengths=wide_lengths)
        if distances:
            result["candidate_distances"] = rescored
    else:
        indices, lengths = selection.topk(scan, visible, budget, sink, recent)
    if distances:
        result["distances"] = scan
    result.update(indices=indices, lengths=lengths)
    result.update(attention.sparse_attention(query, key, value, indices, scale)._asdict())
    if squeeze:
        keep = ("thresholds", "query_thresholds", "offset", "key_codes")
        result = {name: array if name in keep else array[:, 0] for name, array in result.items()}
    return result


def _check_shapes(query, key, value):
    if query.ndim != 4 or key.ndim != 4 or value.ndim != 4:
        raise ValueError(
            "expected query [B, Hq, D] or [B, Nq, Hq, D] and key, value [B or 1, Hkv, N, D], "
            f"but got {list(query.shape)}, {list(key.shape)}, {list(value.shape)}"
        )
    if not (query.dtype == key.dtype == value.dtype):
        raise TypeError(f"expected one element type, but got {query.dtype}, {key.dtype} and {value.dtype}")
    if key.shape != value.shape:
        raise ValueError(f"expected key and value of one shape, but got {list(key.shape)} and {list(value.shape)}")
    if key.shape[0] not in (1, query.shape[0]):
        raise ValueError(f"expected a key batch of 1 or {query.shape[0]}, but got {key.shape[0]}")
    if key.shape[3] != query.shape[3]:
        raise ValueError(f"expected keys of dimension {query.shape[3]}, but got {key.shape[3]}")
    codes.group_size(query.shape[2], key.shape[1])
