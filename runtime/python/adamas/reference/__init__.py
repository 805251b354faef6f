# The independent NumPy reference of the specification.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Computes all that the specification defines, in plain NumPy, written from the specification alone.

It judges the compiled backends and the evaluator beside the dialect, so it shares no code with either. Integer results are
bit-exact; attention is f64. Axes are always spelled out: query [B, Nq, Hq, D], key and value [B or 1, Hkv, N, D].
"""

from . import safetensors
from .attention import Attention, check_attention, dense_attention, mass, merge, output_error, recall, sparse_attention
from .calibration import calibrate, quantiles, query_quantiles, uniform
from .codes import bucketize, encode_keys, encode_queries, hadamard, pack, unpack
from .decode import decode
from .distance import absolute_sum, l1_bound, l1_distance, visible_lengths, weigh, weighted_bound, weighted_distance
from .floats import BF16, to_bf16, to_f32
from .selection import compact, exact_topk, forced, histogram, quest, sink_recent, threshold, topk

__all__ = [
    "Attention", "BF16", "absolute_sum", "bucketize", "calibrate", "check_attention", "compact", "decode",
    "dense_attention", "encode_keys", "encode_queries", "exact_topk", "forced", "hadamard", "histogram", "l1_bound",
    "l1_distance", "mass", "merge", "output_error", "pack", "quantiles", "query_quantiles", "quest", "recall",
    "safetensors", "sink_recent", "sparse_attention", "threshold", "to_bf16", "to_f32", "topk", "uniform", "unpack",
    "visible_lengths", "weigh", "weighted_bound", "weighted_distance",
]
