# Hugging Face Transformers 5: attn_implementation="adamas".
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Any decoder of Transformers with token-sparse decode steps:

    import adamas.transformers
    adamas.transformers.register(adamas.transformers.AdamasConfig(budget=256))
    model = AutoModelForCausalLM.from_pretrained(name, attn_implementation="adamas")
    model.generate(...)

Prompts go through SDPA; a step of one token goes through adamas, but for sliding-window layers, the first `dense_layers` layers
and sequences no longer than the budget, which stay with SDPA. DynamicCache and StaticCache are followed, and codes are kept beside
their layers; after a reorder, a crop or another batch they are made again. Prompts may be padded on the left. What cannot be
served (soft caps, position biases, attention sinks, holes in the mask, other head dimensions) raises UnsupportedError.
"""

import dataclasses
import functools
import inspect
import logging
import threading
import weakref
from dataclasses import dataclass
from typing import Dict, Optional, Union

import torch
from transformers import AttentionInterface, AttentionMaskInterface, DynamicCache
from transformers.cache_utils import StaticLayer
from transformers.masking_utils import sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from . import _following, _layer_step
from .calibration import Thresholds, calibrate, load_thresholds
from .errors import InvalidArgument, UnsupportedError
from .plan import POLICIES, Cache
from .torch import plan_for

QUERIES = 512  # tokens of a prompt whose queries take part in calibration
_log = logging.getLogger("adamas")
_masks = threading.local()


@dataclass(frozen=True)
class AdamasConfig:
    """How a model decodes. The defaults are what the accuracy study recommends.

    metric: "weighted" or "l1" (the paper's). two_pass: scan one bit of each coordinate, then all bits of `candidates` (0: 8 budgets);
    weighted only. bits: of a code, 1 to 4; None: 2, for two passes 4. budget: tokens that a step attends to, the forced ones included.
    policy: "per_query_head" or "per_kv_head" (one list for a group: fewer bytes, a little less accurate).
    sink, recent: first and last tokens that are always kept; sink None: 0, for two passes 4.
    dense_layers: the first layers of the model, which stay dense. dense_below: sequences up to so many tokens stay dense; None: the budget.
    thresholds: a file of adamas.save_thresholds, or {layer: Thresholds}; None: calibrated when a layer first selects, from the keys in
    its cache then, up to calibration_tokens of them (for "l1" also from the last queries of the prompt), and kept for the life of
    the model.
    """

    metric: str = "weighted"
    bits: Optional[int] = None
    budget: int = 128
    policy: str = "per_query_head"
    two_pass: bool = False
    candidates: int = 0
    sink: Optional[int] = None
    recent: int = 1
    dense_layers: int = 2
    dense_below: Optional[int] = None
    thresholds: Union[None, str, Dict[int, Thresholds]] = None
    calibration_tokens: int = 8192

    def __post_init__(self):
        if self.metric not in ("weighted", "l1"):
            raise InvalidArgument(f"metric: expected weighted or l1, but got '{self.metric}'")
        if self.two_pass and self.metric != "weighted":
            raise InvalidArgument("two_pass: expected the metric weighted, but got l1: only weighted distances have two passes")
        if self.policy not in POLICIES:
            raise InvalidArgument(f"policy: expected one of {', '.join(sorted(POLICIES))}, but got '{self.policy}'")
        for name, low in (("budget", 1), ("recent", 1), ("dense_layers", 0), ("candidates", 0), ("calibration_tokens", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < low:
                raise InvalidArgument(f"{name}: expected an integer of at least {low}, but got {value!r}")
        if self.code_bits not in (1, 2, 3, 4):
            raise InvalidArgument(f"bits: expected 1 to 4, but got {self.bits}")
        if self.sinks + self.recent > self.budget:
            raise InvalidArgument(f"budget: expected at least sink + recent ({self.sinks} + {self.recent}), but got {self.budget}")

    @property
    def code_bits(self):
        return (4 if self.two_pass else 2) if self.bits is None else self.bits

    @property
    def sinks(self):
        return (4 if self.two_pass else 0) if self.sink is None else self.sink

    @property
    def method(self):
        """How thresholds are calibrated."""
        return "quantile" if self.metric == "l1" else "uniform"

    @functools.cached_property
    def layers(self):
        """{layer: Thresholds} of the file or the mapping; None where they are calibrated."""
        given = self.thresholds
        return given if given is None or isinstance(given, dict) else load_thresholds(given)


class Settings:
    """What an attention module keeps: its configuration, its thresholds, and what its steps read."""

    def __init__(self, config):
        self.config, self.thresholds, self.queries = config, None, None
        self.steps = self.bytes_read = self.bytes_dense = 0

    def sets(self, module, key, starts, end):
        """Thresholds on the device of the keys [B, Hkv, N, D]; made when first asked for."""
        if self.thresholds is None:
            layers = self.config.layers
            self.thresholds = self.calibrated(key, starts, end) if layers is None else self.given(layers, module.layer_idx, key)
        if isinstance(self.thresholds.keys, torch.Tensor) and self.thresholds.keys.device == key.device:
            return self.thresholds
        self.thresholds = self.thresholds.on(key)
        return self.thresholds

    def calibrated(self, key, starts, end):
        share = max(1, self.config.calibration_tokens // len(starts))
        rows = [key[b, :, start : min(end, start + share)] for b, start in enumerate(starts)]
        made = calibrate(torch.cat(rows, 1)[None], self.config.code_bits, self.config.method, self.queries)
        self.queries = None
        return made

    def note_queries(self, query):
        """Keeps the last queries [B, N, Hq, D] of a prompt [B, Hq, N, D], where thresholds will be made of them."""
        if self.config.metric == "l1" and self.thresholds is None and self.config.layers is None:
            last = min(QUERIES, -(-query.shape[2] // 2))  # padding is on the left
            self.queries = query[:, :, -last:].detach().transpose(1, 2).clone()

    def given(self, layers, number, key):
        source = self.config.thresholds if isinstance(self.config.thresholds, str) else "thresholds"
        if number not in layers:
            raise InvalidArgument(f"{source}: expected layer {number}, but it has only {sorted(layers)}: calibrate this model again")
        found = layers[number]
        want = (self.config.code_bits, key.shape[1], key.shape[3])
        got = (found.bits, len(found.offset), found.offset.shape[-1])
        if want != got:
            raise InvalidArgument(
                f"{source}: layer {number}: expected {want[0]} bits, {want[1]} KV heads of dimension {want[2]}, but got {got[0]} bits, "
                f"{got[1]} of {got[2]}: calibrate this model again"
            )
        return found

    def plan(self, query_heads, key, scaling):
        c = self.config
        return plan_for(
            query_heads, key, c.code_bits, batch=key.shape[0], tokens=key.shape[2], metric="two_pass" if c.two_pass else c.metric,
            budget=c.budget, policy=c.policy, candidates=c.candidates, sink=c.sinks, recent=c.recent, scale=scaling or 0.0,
            operations=("decode", "append", "step"),
        )

    def count(self, query_heads, key, lengths):
        """Bytes of keys, values and codes that a step reads, and what a dense one would."""
        _, kv_heads, _, size = key.shape
        row, c = size * key.element_size(), self.config
        bits, two_pass, lists = c.code_bits, c.two_pass, query_heads if c.policy == "per_query_head" else kv_heads
        for tokens in lengths:
            scanned = tokens * kv_heads * size // 8 * (1 if two_pass else bits)
            again = min(tokens, c.candidates or 8 * c.budget) * lists * size * bits // 8 if two_pass else 0
            self.bytes_read += scanned + again + 2 * row * min(tokens, c.budget) * lists
            self.bytes_dense += 2 * row * tokens * kv_heads
        self.steps += len(lengths)


_default = AdamasConfig()


def register(config=None, name="adamas"):
    """Makes attn_implementation="adamas" known to Transformers. config: for models without one of their own."""
    global _default
    if config is not None:
        _default = config
    AttentionInterface.register(name, attention)
    # Without a mask function of the same name, causal masking would silently disappear.
    AttentionMaskInterface.register(name, sdpa_mask)


def _attention_modules(model):
    return [module for module in model.modules() if isinstance(getattr(module, "layer_idx", None), int)]


def configure(model, config):
    """Gives a model a configuration of its own; thresholds and counts begin anew."""
    for module in _attention_modules(model):
        module._adamas_settings = Settings(config)


def thresholds(model):
    """{layer: Thresholds} that the model's layers calibrated or loaded so far, for adamas.save_thresholds."""
    found = {module.layer_idx: getattr(module, "_adamas_settings", None) for module in _attention_modules(model)}
    return {number: settings.thresholds for number, settings in found.items() if settings and settings.thresholds is not None}


def statistics(model):
    """What sparse steps read so far, over all layers: {"steps", "bytes_read", "bytes_dense"}; steps count sequences and layers."""
    kept = [getattr(module, "_adamas_settings", None) for module in _attention_modules(model)]
    return {name: sum(getattr(one, name) for one in kept if one) for name in ("steps", "bytes_read", "bytes_dense")}


def calibrate_model(model, input_ids, config=None):
    """{layer: Thresholds} of all layers that would select, from one prompt; for adamas.save_thresholds.

    input_ids: [1, N], without padding. The model runs once, with adamas; its own settings stay as they are.
    """
    config = config or _default
    if input_ids.dim() != 2 or input_ids.shape[0] != 1 or input_ids.shape[1] < 2:
        raise InvalidArgument(f"input_ids: expected [1, at least 2], but got {list(input_ids.shape)}: give one prompt")
    modules, before = _attention_modules(model), model.config._attn_implementation
    kept = [getattr(module, "_adamas_settings", None) for module in modules]
    register()
    configure(model, dataclasses.replace(config, thresholds=None))
    cache = DynamicCache(config=model.config)
    # The argument's name changed over the versions of Transformers.
    name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
    try:
        model.set_attn_implementation("adamas")
        with torch.no_grad():
            model(input_ids=input_ids, use_cache=True, **{name: cache})
        return {
            module.layer_idx: module._adamas_settings.calibrated(cache.layers[module.layer_idx].keys, (0,), input_ids.shape[1])
            for module in modules
            # A module that was never called attends to nothing: decoder layers have a layer_idx too.
            if hasattr(module, "_adamas_hook") and module.layer_idx >= config.dense_layers
            and not getattr(cache.layers[module.layer_idx], "is_sliding", False)
        }
    finally:
        model.set_attn_implementation(before)
        for module, settings in zip(modules, kept):
            module._adamas_settings = settings


def attention(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **kwargs):
    """The attention function: query [B, Hq, Nq, D]; key, value [B, Hkv, N, D]; returns ([B, Nq, Hq, D], None)."""
    settings = vars(module).get("_adamas_settings")
    if settings is None:
        settings = module._adamas_settings = Settings(_default)
    _following.install(module)
    if query.shape[2] > 1:
        settings.note_queries(query)
    if not _is_dense(module, settings.config, query, kwargs):
        _check(query, key, value, kwargs)
        # What keeps the compiler out costs the host more than the test whether it looks.
        decode = _decode_uncompiled if torch.compiler.is_compiling() else _decode
        output = decode(module, settings, query, key, value, attention_mask, scaling)
        if output is not None:
            return output, None
    return ALL_ATTENTION_FUNCTIONS["sdpa"](
        module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **kwargs
    )


def _is_dense(module, config, query, kwargs):
    """Whether these queries are not for adamas at all."""
    own, kind = vars(module), type(module)  # asking a module for what it has not costs the host a microsecond
    causal = kwargs.get("is_causal")
    causal = own.get("is_causal", getattr(kind, "is_causal", True)) if causal is None else causal
    number = own.get("layer_idx")
    window = kwargs.get("sliding_window") or own.get("sliding_window", getattr(kind, "sliding_window", None))
    return (
        query.shape[2] != 1 or module.training or not causal or number is None or number < config.dense_layers
        or (window is not None and own.get("is_sliding", True))
    )


def _check(query, key, value, kwargs):
    instead = "use attn_implementation='sdpa' or 'eager' for this model"
    for name in ("softcap", "position_bias", "s_aux"):
        if kwargs.get(name) is not None:
            raise UnsupportedError(f"{name}: expected None, since scores are plain products, but the model has one: {instead}")
    if kwargs.get("block_table") is not None:
        raise UnsupportedError("block_table: expected None, but got one: continuous batching is not served: use attn_implementation='sdpa'")
    size = key.shape[3]
    if value.shape[3] != size or size < 32 or size > 1024 or size & (size - 1):
        raise UnsupportedError(
            f"head_dim: expected one power of two from 32 to 1024 for keys and values, but got {size} and {value.shape[3]}: {instead}"
        )
    if query.requires_grad or key.requires_grad:
        raise UnsupportedError("query: expected no gradient, since decode steps have none, but one is asked for: use torch.no_grad()")


def _decode(module, settings, query, key, value, mask, scaling):
    """The output, or None where dense attention shall do it: short sequences, or no cache that can be followed."""
    layer, cache = _following.take_layer(module, key)
    if layer is None:
        if cache is not None:
            _warn_once(module, f"a {type(cache).__name__} hands out other keys than it keeps and cannot be followed: steps stay dense")
        return None
    starts, end = _span(mask, query.shape[0], layer)
    config, lengths = settings.config, [end - start for start in starts]
    kept = getattr(layer, "adamas_codes", None)
    if kept is not None and (kept.owner is not settings or kept.starts != starts or end - 1 > kept.length):
        kept = None
    if max(lengths) <= (config.budget if config.dense_below is None else config.dense_below):
        return None
    output = torch.empty_like(query.transpose(1, 2), memory_format=torch.contiguous_format)
    if kept is None or not _layer_step.launch(settings, kept, key, value, query, output, scaling, end):
        plan = settings.plan(query.shape[1], key, scaling)
        sets = settings.sets(module, key, starts, end)
        kept = _following.LayerCodes(settings, starts) if kept is None else kept
        kept.codes = _following.grow(plan, kept.codes, query.shape[0], max(lengths), key)
        kept.room = _following.room(plan, kept.codes)
        # A static layer that was cropped writes from there on; what lies before keeps its codes.
        first = min(kept.length, end - 1)
        if first == end - 1 and kept.together:
            _layer_step.first(plan, settings, kept, key, value, query, output, scaling, end)
        else:
            for rows, start in _groups(starts):
                cache = _view(plan, key[rows, :, start:end], value[rows, :, start:end], kept.codes, rows)
                _attend(plan, cache, max(first - start, 0), sets, query[rows, :, 0], output[rows, 0])
    settings.count(query.shape[1], key, lengths)
    kept.seal(layer.keys, end)
    layer.adamas_codes = kept
    return output


_decode_uncompiled = torch.compiler.disable(_decode)


def _groups(starts):
    """Sequences that begin at one position go together; else each by itself."""
    if len(set(starts)) == 1:
        return [(slice(0, len(starts)), starts[0])]
    return [(slice(b, b + 1), start) for b, start in enumerate(starts)]


def _view(plan, key, value, codes, rows):
    batch, tokens = key.shape[0], key.shape[2]
    lengths = torch.full((batch,), tokens, dtype=torch.int32, device=key.device)
    return Cache(plan, key, value, _following.part(plan, codes, rows, tokens), lengths)


def _attend(plan, cache, first, sets, query, output):
    """Decodes after codes of the tokens from `first` on are made. New rows are the cache's own."""
    key, value = cache.key, cache.value
    batch, _, tokens, _ = key.shape
    for b in range(batch):
        slots = torch.arange(first, tokens, dtype=torch.int32, device=key.device) + b * tokens
        plan.append(cache, key[b, :, first:].transpose(0, 1), value[b, :, first:].transpose(0, 1), slots, sets)
    plan.decode(cache, query, sets, output=output)


def _warn_once(module, text):
    if not getattr(module, "_adamas_warned", False):
        module._adamas_warned = True
        _log.warning("layer %s: %s", module.layer_idx, text)


def _span(mask, batch, layer):
    """(starts, end): the first token of each sequence, and the position behind the newest token of all."""
    if mask is None:
        return (0,) * batch, int(layer.get_seq_length())
    # All layers of a step share one mask: it is read back once.
    known, version = getattr(_masks, "last", None), _following.version_of(mask)
    if known is None or known[0]() is not mask or known[1] != version:
        known = _masks.last = (weakref.ref(mask), version, _read(mask, batch))
    starts, ends = known[2]
    # A static layer is longer than its sequences, and early versions of Transformers counted its tokens by their values.
    end = max(ends) if isinstance(layer, StaticLayer) else int(layer.get_seq_length())
    wrong = [b for b in range(batch) if ends[b] != end]
    if wrong:
        raise UnsupportedError(
            f"attention_mask: expected every sequence to end with the newest token, at position {end - 1}, but sequence {wrong[0]} ends "
            f"at {ends[wrong[0]] - 1}: pad on the left (tokenizer.padding_side = 'left')"
        )
    return starts, end


def _read(mask, batch):
    """(starts, ends) of the run of tokens that each sequence's newest query sees."""
    if mask.dim() != 4 or mask.shape[1] != 1 or mask.shape[0] not in (1, batch):
        raise UnsupportedError(f"attention_mask: expected [B, 1, 1, N], the same for all heads, but got {list(mask.shape)}")
    rows = mask[:, 0, -1]
    if mask.dtype != torch.bool:
        seen = rows == 0
        if not bool((seen | (rows <= torch.finfo(mask.dtype).min)).all()):
            raise UnsupportedError("attention_mask: expected 0 for visible and the least number for masked tokens, but got a bias")
        rows = seen
    rows = rows.expand(batch, -1).cpu()
    count = rows.sum(1)
    starts = rows.int().argmax(1)
    positions = torch.arange(rows.shape[1])
    whole = (positions >= starts[:, None]) & (positions < (starts + count)[:, None])
    holes = (whole != rows).any(1)
    if bool(holes.any()):
        raise UnsupportedError(
            f"attention_mask: expected each sequence without holes, but sequence {int(holes.int().argmax())} has one: pad on the left "
            "(tokenizer.padding_side = 'left')"
        )
    return tuple(starts.tolist()), tuple((starts + count).tolist())


__all__ = [
    "AdamasConfig", "Thresholds", "attention", "calibrate_model", "configure", "register", "statistics", "thresholds",
]
