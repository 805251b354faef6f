# The attentions of a token step that are compared: PyTorch's SDPA, adamas by each metric, and none.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each has attend(layer, query [B, Hq, D], new [2, B, Hkv, D]) -> [B, Hq, D], which keeps the new key and value, and
only(layer, query), which is attention over the cache as it stands."""

import functools
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from decoder import Cache
from shapes import Shape
from timing import Steps

CALIBRATION_TOKENS = 2048
ENCODE_TOKENS = 32768  # tokens that one append encodes


@dataclass(frozen=True)
class Method:
    """A row of the table: how adamas selects."""

    metric: str
    bits: int
    policy: str = "per_query_head"
    sink: int = 0


SPARSE: Dict[str, Method] = {
    "weighted": Method("weighted", 2),
    "two-pass": Method("two_pass", 4, sink=4),
    "L1": Method("l1", 2),
    "weighted, per KV head": Method("weighted", 2, "per_kv_head"),
    "two-pass, per KV head": Method("two_pass", 4, "per_kv_head", 4),
}
SDPA, NONE = "SDPA", "no attention"
BACKENDS = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION, "efficient": SDPBackend.EFFICIENT_ATTENTION,
            "math": SDPBackend.MATH}


def _whole(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """query [B, Hq, D] as one token of every head."""
    return F.scaled_dot_product_attention(query[:, :, None], key, value, enable_gqa=query.shape[1] != key.shape[1])[:, :, 0]


def _grouped(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The same with the heads of a group as tokens: keys are read once for a group whatever the backend knows of groups."""
    rows = query.view(query.shape[0], key.shape[1], -1, query.shape[2])
    return F.scaled_dot_product_attention(rows, key, value).reshape(query.shape)


class Dense:
    """SDPA with the backend that is fastest over this cache, of those that take it."""

    def __init__(self, shape: Shape, cache: Cache, query: Tensor, repeats: int = 5):
        self.cache, self.times, self.errors = cache, {}, {}
        names = ["flash", "cudnn", "efficient"] if query.is_cuda else ["flash", "math"]
        forms: List[Tuple[str, Callable]] = [("", _whole)]
        if shape.query_heads != shape.kv_heads:
            forms.append((", grouped rows", _grouped))
        variants = {name + suffix: (BACKENDS[name], form) for name in names for suffix, form in forms}
        for name, (backend, form) in variants.items():
            try:
                with sdpa_kernel(backend):
                    steps = Steps(lambda form=form: [form(query, *layer) for layer in cache.kv], query.device)
                    self.times[name] = steps.median(repeats)
            except RuntimeError as error:
                self.errors[name] = str(error).strip().splitlines()[0][:120]
        if not self.times:
            raise RuntimeError(f"expected a backend of SDPA that takes this shape, but none does: {self.errors}")
        self.variant = min(self.times, key=self.times.__getitem__)
        self._backend, self._form = variants[self.variant]

    def only(self, layer: int, query: Tensor) -> Tensor:
        with self.chosen():
            return self.bare(layer, query)

    def chosen(self) -> Any:
        """The context in which `bare` takes the fastest backend; entering it costs the host some time."""
        return sdpa_kernel(self._backend)

    def bare(self, layer: int, query: Tensor) -> Tensor:
        return self._form(query, *self.cache.kv[layer])

    def attend(self, layer: int, query: Tensor, new: Tensor) -> Tensor:
        self.cache.write(layer, new)
        return self.only(layer, query)


class NoAttention:
    """Attention's output is its query: what the rest of the model costs."""

    def __init__(self, cache: Cache):
        self.cache = cache

    def attend(self, layer: int, query: Tensor, new: Tensor) -> Tensor:
        self.cache.write(layer, new)
        return query


class Sparse:
    """adamas from layer `dense_layers` on, `dense` before. Codes of the whole cache are made here.

    sets: see `calibrated`.
    """

    def __init__(self, name: str, cache: Cache, dense: Any, budget: int, dense_layers: int, sets: Any):
        import adamas.torch

        self.method, self.cache, self.dense, self.dense_layers, self.sets = SPARSE[name], cache, dense, dense_layers, sets
        m, key = self.method, cache.kv[0][0]
        self.offset = None if m.metric == "l1" else sets.offset
        # The very plan that append will ask for; it knows the layout of codes.
        plan = adamas.torch.plan_for(
            key.shape[1], key, m.bits, batch=key.shape[0], tokens=key.shape[2], thresholds="per_head", offset=self.offset is not None,
            operations=("append",),
        )
        self.codes = [plan.new_codes(key.shape[0], key.shape[2], key) for _ in range(len(cache.kv) - dense_layers)]
        options = {"metric": m.metric, "budget": budget, "policy": m.policy, "sink": m.sink}
        self._decode = functools.partial(torch.ops.adamas.decode, **options)
        self._step = functools.partial(torch.ops.adamas.step, **options)
        self._queries: Optional[Tensor] = sets.queries if m.metric == "l1" else None
        for layer in range(dense_layers, len(cache.kv)):
            key, value = cache.kv[layer]
            for b in range(cache.batch):
                self.encode(layer, key[b].transpose(0, 1), value[b].transpose(0, 1), b * cache.tokens)

    @staticmethod
    def calibrated(name: str, cache: Cache, query_heads: int) -> Any:
        """Thresholds from the first tokens of one layer: all layers and lengths hold numbers of one distribution."""
        import adamas

        m, key = SPARSE[name], cache.kv[-1][0]
        rows = torch.randn(256, query_heads, key.shape[3], device=key.device).to(key.dtype)
        kind = "quantile" if m.metric == "l1" else "uniform"
        return adamas.calibrate(key[:1, :, :CALIBRATION_TOKENS], m.bits, kind, rows).on(key)

    @staticmethod
    def bytes(name: str, shape: Shape, batch: int, tokens: int, dense_layers: int) -> int:
        return (shape.layers - dense_layers) * batch * tokens * shape.kv_heads * shape.head_dim * SPARSE[name].bits // 8

    def encode(self, layer: int, key: Tensor, value: Tensor, slot: int) -> None:
        """Keys and values [T, Hkv, D] to the cache from a slot on, with their codes."""
        for begin in range(0, len(key), ENCODE_TOKENS):
            rows = slice(begin, begin + ENCODE_TOKENS)
            slots = torch.arange(slot + begin, slot + min(begin + ENCODE_TOKENS, len(key)), device=key.device, dtype=torch.int32)
            self._append(layer, key[rows], value[rows], slots)

    def _append(self, layer: int, key: Tensor, value: Tensor, slots: Tensor) -> None:
        kept, codes = self.cache.kv[layer], self.codes[layer - self.dense_layers]
        torch.ops.adamas.append(kept[0], kept[1], codes, key, value, slots, self.sets.keys, self.offset)

    def only(self, layer: int, query: Tensor) -> Tensor:
        if layer < self.dense_layers:
            return self.dense.only(layer, query)
        key, value = self.cache.kv[layer]
        return self._decode(query, key, value, self.codes[layer - self.dense_layers], self.cache.lengths, self._queries)

    def attend(self, layer: int, query: Tensor, new: Tensor) -> Tensor:
        if layer < self.dense_layers:
            return self.dense.attend(layer, query, new)
        key, value = self.cache.kv[layer]
        return self._step(
            key, value, self.codes[layer - self.dense_layers], new[0], new[1], self.cache.slots, self.sets.keys, query,
            self.cache.lengths, self.offset, self._queries,
        )
