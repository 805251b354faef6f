# Teacher-forced and greedy decode steps of a model over one cache, with attention by any method of the tables.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A Context holds the keys and values of one text. `decode` runs further tokens over it: all at once where they are known, since
each sees only what lies before it and itself. Methods of adamas run through its kernels: one call a layer holds all these tokens
as sequences that share one cache (batch stride 0), each with its own length. The others are a few lines of PyTorch."""

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence

import torch
from torch import Tensor

import adamas
import study

if TYPE_CHECKING:
    from model import Model

QUERY_STRIDE = 8  # of the queries of a prompt, every eighth takes part in calibration
DENSE = "dense"
PER_KV_TWO_PASS = "two-pass, one selection per KV head"
METHODS: Dict[str, Any] = {
    DENSE: study.Method("dense"),
    **study.METHODS,
    PER_KV_TWO_PASS: study.Method("two_pass", 4, "uniform", "per_kv_head", sink=4, ratio=8),
    # One bit of keys less their offset misses the first tokens, which nearly every head attends to.
    "weighted, 1 bit, 4 sinks": study.Method("weighted", 1, "uniform", sink=4),
}
# What a table shows where nothing else is asked for.
SHOWN = (
    DENSE, "exact top-k", "paper: L1, (-10, 0, 10)", "L1, quantiles", "weighted, 1 bit", "weighted, 1 bit, 4 sinks", "weighted",
    "two-pass", "two-pass, 4 k candidates", "weighted, one selection per KV head", PER_KV_TWO_PASS, "Quest, page 16", "4 sinks + recent",
)
PAGE = 16


def engine(name: str) -> str:
    """What computes a method."""
    return "adamas" if METHODS[name].metric in ("l1", "weighted", "two_pass") else "torch"


class Context:
    """Keys and values of all layers, [1, Hkv, capacity, D] each, of which the first `length` tokens are there."""

    def __init__(self, model: "Model", capacity: int):
        self.model, self.capacity, self.length = model, capacity, 0
        size = (1, model.kv_heads, capacity, model.head_size)
        self.keys, self.values = ([torch.zeros(size) for _ in range(model.layers)] for _ in range(2))
        self.queries: List[Tensor] = []  # [M, Hq, D] of each layer, of the prompt

    def prefill(self, ids: Sequence[int], on_layer: Optional[Callable[[int], None]] = None) -> Tensor:
        """Begins a text with dense attention. Returns the hidden state of its last token [1, E]."""
        if not 0 < len(ids) <= self.capacity:
            raise ValueError(f"expected a text of 1 to {self.capacity} tokens, but got {len(ids)}")
        self.queries = []

        def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            self.write(layer, 0, k, v)
            self.queries.append(q[:, ::QUERY_STRIDE].transpose(0, 1).contiguous())
            if on_layer:
                on_layer(layer)
            return self.model.causal(layer, q, k, v)

        hidden = self.model.run(torch.as_tensor(ids), 0, attend)
        self.length = len(ids)
        assert hidden is not None
        return hidden[-1:]

    def write(self, layer: int, first: int, key: Tensor, value: Tensor) -> None:
        self.keys[layer][0, :, first : first + key.shape[1]] = key
        self.values[layer][0, :, first : first + key.shape[1]] = value


def masked_attention(query: Tensor, key: Tensor, value: Tensor, keep: Tensor) -> Tensor:
    """Attention of one head: query [n, D], key and value [N, D], keep bool [n, N]."""
    scores = (query @ key.T) * query.shape[1] ** -0.5
    return torch.softmax(scores.masked_fill_(~keep, -torch.inf), -1) @ value


def visible(first: int, count: int, end: int, window: Optional[int] = None) -> Tensor:
    """bool [count, end]: what the tokens from position `first` on see."""
    behind = torch.arange(first, first + count)[:, None] - torch.arange(end)
    return (behind >= 0) if window is None else (behind >= 0) & (behind < window)


def top_k(order: Tensor, seen: Tensor, budget: int) -> Tensor:
    """bool [n, N]: the `budget` seen tokens of largest order, the newest one always."""
    order = order.masked_fill(~seen, -torch.inf)
    order.scatter_(1, seen.sum(1, keepdim=True) - 1, torch.inf)
    best = order.topk(min(budget, order.shape[1]), 1).indices
    return torch.zeros_like(seen).scatter_(1, best, True) & seen


class Baseline:
    """dense, exact top-k, Quest and sinks + recent, in PyTorch; as the NumPy reference defines them."""

    def __init__(self, context: Context, method: Any, budget: int, dense_layers: int):
        self.context, self.method, self.budget, self.dense_layers = context, method, budget, dense_layers

    def attend(self, layer: int, query: Tensor, first: int) -> Tensor:
        """query [Hq, n, D] of the tokens at `first` on, whose keys are in the context already; [Hq, n, D]."""
        model, count = self.context.model, query.shape[1]
        end, window = first + count, model.window(layer)
        seen, group = visible(first, count, end, window), model.query_heads // model.kv_heads
        is_dense = self.method.metric == "dense" or layer < self.dense_layers or window is not None
        output = torch.empty_like(query)
        for head in range(model.query_heads):
            key, value = (t[layer][0, head // group, :end] for t in (self.context.keys, self.context.values))
            keep = seen if is_dense else self._keep(query[head], key, seen, first)
            output[head] = masked_attention(query[head], key, value, keep)
        return output

    def _keep(self, query: Tensor, key: Tensor, seen: Tensor, first: int) -> Tensor:
        if self.method.metric == "exact":
            return top_k(query @ key.T, seen, self.budget)
        if self.method.metric == "quest":
            return top_k(_quest_order(query, key, first), seen, self.budget)
        position = torch.arange(seen.shape[1])
        own = torch.arange(first, seen.shape[1])[:, None]
        return seen & ((position < self.method.sink) | (position > own - (self.budget - self.method.sink)))


def _quest_order(query: Tensor, key: Tensor, first: int) -> Tensor:
    """Ranks tokens by the bound of their page, the newest token of a page first; a token's own page comes before all."""
    end = len(key)
    pages = -(-end // PAGE)
    last = key[-1:].expand(pages * PAGE - end, -1)
    paged = torch.cat([key, last]).view(pages, PAGE, -1)
    bounds = query.clamp(min=0) @ paged.amax(1).T + query.clamp(max=0) @ paged.amin(1).T
    own = torch.arange(first, end) // PAGE
    # Bounds of pages that are not whole for a token hold later tokens: none of those but its own can be seen.
    bounds.masked_fill_(torch.arange(pages) > own[:, None], -torch.inf)
    bounds.scatter_(1, own[:, None], torch.inf)
    # Of equal bounds the newer page comes first, as everywhere.
    newest_first = bounds.flip(1).argsort(dim=1, descending=True, stable=True)
    rank = torch.empty_like(newest_first).scatter_(1, newest_first, torch.arange(pages).expand_as(newest_first)).flip(1)
    place = torch.arange(end) % PAGE
    return (-PAGE * rank.repeat_interleave(PAGE, 1)[:, :end] + place).float()


class Sparse:
    """A method of adamas over a context: codes of all sparse layers beside its keys, thresholds from its prompt."""

    def __init__(self, context: Context, method: Any, budget: int, dense_layers: int):
        model = context.model
        self.context, self.method, self.budget = context, method, budget
        self.plan = adamas.Plan(
            query_heads=model.query_heads, kv_heads=model.kv_heads, head_dim=model.head_size, dtype="f32", metric=method.metric,
            bits=method.bits, policy=method.policy, budget=budget, candidates=(method.ratio or 0) * budget, sink=method.sink,
            max_batch=2**31 - 1, max_seq_len=2**31 - 1, threads=torch.get_num_threads(),
        )
        self.dense = Baseline(context, METHODS[DENSE], 0, 0)
        self.sets: Dict[int, Any] = {}
        self.codes: Dict[int, Tensor] = {}
        rule = {"quantile-own": "quantile"}.get(method.thresholds, method.thresholds)
        for layer in range(dense_layers, model.layers):
            if model.window(layer) is not None:
                continue
            keys = context.keys[layer][:, :, : context.length]
            queries = context.queries[layer] if method.thresholds == "quantile-own" else None
            self.sets[layer] = adamas.calibrate(keys, method.bits, rule, queries).on(keys)
            self.codes[layer] = self.plan.new_codes(1, context.capacity, keys)
            self._encode(layer, 0, context.length)

    def _cache(self, layer: int, lengths: Tensor) -> adamas.Cache:
        """The context's layer, seen by as many sequences as there are lengths."""
        rows = (t.expand(len(lengths), *t.shape[1:]) for t in (self.context.keys[layer], self.context.values[layer], self.codes[layer]))
        return adamas.Cache(self.plan, *rows, lengths)

    def _encode(self, layer: int, first: int, end: int) -> None:
        key, value = (t[layer][0, :, first:end].transpose(0, 1) for t in (self.context.keys, self.context.values))
        slots = torch.arange(first, end, dtype=torch.int32)
        self.plan.append(self._cache(layer, torch.tensor([end], dtype=torch.int32)), key, value, slots, self.sets[layer])

    def attend(self, layer: int, query: Tensor, first: int) -> Tensor:
        """As Baseline.attend."""
        if layer not in self.sets:
            return self.dense.attend(layer, query, first)
        count = query.shape[1]
        self._encode(layer, first, first + count)
        lengths = torch.arange(first + 1, first + count + 1, dtype=torch.int32)
        rows = query.transpose(0, 1).contiguous()
        return self.plan.decode(self._cache(layer, lengths), rows, self.sets[layer]).output.transpose(0, 1)


def method_over(context: Context, name: str, budget: int, dense_layers: int) -> Any:
    """The method of this name, ready to decode over a context that was filled."""
    kind = Sparse if engine(name) == "adamas" else Baseline
    return kind(context, METHODS[name], budget, dense_layers)


def decode(context: Context, method: Any, ids: Sequence[int], first: int) -> Tensor:
    """Hidden states [n, E] of the tokens `ids` at positions `first` on; their keys and values are written over what was there."""
    if first + len(ids) > context.capacity:
        raise ValueError(f"expected at most {context.capacity} tokens, but got {first + len(ids)}")

    def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        context.write(layer, first, k, v)
        return method.attend(layer, q, first)

    hidden = context.model.run(torch.as_tensor(ids), first, attend)
    assert hidden is not None
    return hidden
