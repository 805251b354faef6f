# Attention functions of Transformers over a cache, layer by layer, as a model's modules call them: what the host does for each.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

from typing import Any, Callable, List, Optional

import torch
from torch import Tensor

from attention import SPARSE
from decoder import Cache
from timing import WARMUP


class _Attention(torch.nn.Module):
    """An attention module of Transformers without its products: keys and values come from the cache as `update` would give them."""

    def __init__(self, number: int, groups: int, head_dim: int, function: Callable[..., Any]):
        super().__init__()
        self.layer_idx, self.is_causal, self.num_key_value_groups = number, True, groups
        self.scaling, self.function = head_dim**-0.5, function
        self.eval()

    def forward(self, query: Tensor, past_key_values: Any, key: Tensor, value: Tensor) -> Any:
        layer = past_key_values.layers[self.layer_idx]
        layer.keys, layer.values = key, value
        return self.function(self, query, key, value, None, scaling=self.scaling, dropout=0.0)


class Layers:
    """Calls of the layers from `dense_layers` on; `grow` before each round over them makes the cache a token longer.

    method: of the benchmark; sets: its thresholds, None for SDPA.
    """

    def __init__(self, method: str, cache: Cache, query_heads: int, budget: int, dense_layers: int, rounds: int, sets: Any):
        from transformers import DynamicCache
        from transformers.cache_utils import DynamicLayer
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        kv_heads, head_dim = cache.kv.shape[3], cache.kv.shape[5]
        numbers = range(dense_layers, len(cache.kv))
        function = ALL_ATTENTION_FUNCTIONS["sdpa"]
        config = None
        if method in SPARSE:
            import adamas.transformers

            m, function = SPARSE[method], adamas.transformers.attention
            config = adamas.transformers.AdamasConfig(
                metric="l1" if m.metric == "l1" else "weighted", two_pass=m.metric == "two_pass", bits=m.bits, policy=m.policy,
                sink=m.sink, budget=budget, dense_layers=dense_layers, dense_below=0, thresholds={number: sets for number in numbers},
            )
        self._cache, self._rest = cache, rounds + WARMUP
        self._past = DynamicCache()
        self._past.layers = [DynamicLayer() for _ in range(len(cache.kv))]
        self._now: List[Any] = []
        query = torch.randn(cache.batch, 1, query_heads, head_dim, device=cache.kv.device).to(cache.kv.dtype).transpose(1, 2)
        self._modules = [_Attention(number, query_heads // kv_heads, head_dim, function) for number in numbers]
        for module in self._modules:
            if config is not None:
                adamas.transformers.configure(module, config)
            self._past.layers[module.layer_idx].is_initialized = True
        self.grow()
        for module, (key, value) in zip(self._modules, self._now):
            self._past.layers[module.layer_idx].keys = key
            for _ in range(2):  # a first call, as a prompt's, notes the cache, and another makes codes of all of it
                module(query, past_key_values=self._past, key=key, value=value)
            if config is not None and not module._adamas_settings.steps:
                raise RuntimeError(f"expected the attention of layer {module.layer_idx} to go through adamas, but it stayed dense")
        self.calls = [
            lambda module=module, i=i: module(query, past_key_values=self._past, key=self._now[i][0], value=self._now[i][1])
            for i, module in enumerate(self._modules)
        ]

    def grow(self) -> None:
        """The next token of every layer, which the call's own keys and values then hold."""
        tokens = self._cache.tokens - self._rest
        self._rest -= 1
        self._now = [tuple(self._cache.kv[module.layer_idx, :, :, :, :tokens]) for module in self._modules]


def attention_layers(*arguments: Any) -> Optional[Layers]:
    """Layers, or None where there is no Transformers."""
    try:
        import transformers  # noqa: F401
    except ImportError:
        return None
    return Layers(*arguments)
