# torch.ops.adamas: decode, append and step as operators of PyTorch.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Importing this module registers three operators, on CPU and CUDA, with fake kernels for torch.compile. All are for inference:
they have no gradient.

    torch.ops.adamas.decode(query, key, value, codes, seq_lens, thresholds=None, page_table=None, *, metric="weighted",
                            budget=128, policy="per_query_head", candidates=0, sink=0, recent=1, scale=0.0) -> Tensor
    torch.ops.adamas.append(key, value, codes, new_key, new_value, slots, thresholds, offset=None) -> ()
    torch.ops.adamas.step(key, value, codes, new_key, new_value, slots, thresholds, query, seq_lens, offset=None,
                          query_thresholds=None, page_table=None, *, ...) -> Tensor

Shapes are those of adamas.Cache, adamas.Plan.decode and adamas.Plan.append; the bits of a code are read from the shape of `codes`.
`thresholds` are f32 [sets, 2^bits - 1], those of the queries in decode (the metric "l1" alone needs them), those of the keys in
append and step. step is append and then decode, in one launch where that is fastest. Both change key, value and codes in
place. Plans are made when a shape is first seen, which takes up to seconds.
"""

import functools

import torch

from . import _calls, arrays
from .errors import InvalidArgument
from .plan import Cache, Context, Plan

_LIBRARY = torch.library.Library("adamas", "FRAGMENT")
_LIBRARY.define(
    "decode(Tensor query, Tensor key, Tensor value, Tensor codes, Tensor seq_lens, Tensor? thresholds=None, "
    'Tensor? page_table=None, *, str metric="weighted", int budget=128, str policy="per_query_head", int candidates=0, '
    "int sink=0, int recent=1, float scale=0.0) -> Tensor",
    tags=(torch.Tag.pt2_compliant_tag,),
)
_LIBRARY.define(
    "append(Tensor(a!) key, Tensor(b!) value, Tensor(c!) codes, Tensor new_key, Tensor new_value, Tensor slots, "
    "Tensor thresholds, Tensor? offset=None) -> ()",
    tags=(torch.Tag.pt2_compliant_tag,),
)
_LIBRARY.define(
    "step(Tensor(a!) key, Tensor(b!) value, Tensor(c!) codes, Tensor new_key, Tensor new_value, Tensor slots, "
    "Tensor thresholds, Tensor query, Tensor seq_lens, Tensor? offset=None, Tensor? query_thresholds=None, "
    'Tensor? page_table=None, *, str metric="weighted", int budget=128, str policy="per_query_head", int candidates=0, '
    "int sink=0, int recent=1, float scale=0.0) -> Tensor",
    tags=(torch.Tag.pt2_compliant_tag,),
)

_DTYPES = {torch.float16: "f16", torch.bfloat16: "bf16", torch.float32: "f32"}
# Those of the schemas, which are left out of calls.
_DEFAULTS = {"metric": "weighted", "budget": 128, "policy": "per_query_head", "candidates": 0, "sink": 0, "recent": 1, "scale": 0.0}
# What kernels for a CPU do not depend on.
_ANY = 2**31 - 1


def context_of(tensor):
    """The context of a tensor's device; a CPU's has as many threads as PyTorch."""
    if tensor.device.type == "cpu":
        return Context.get("cpu", torch.get_num_threads())
    return Context.get(f"cuda:{tensor.device.index or 0}")


def plan_for(query_heads, key, bits, *, batch, tokens, **options):
    """The plan of a shape, shared by all layers and calls. Sizes are rounded up, so that growing caches share plans too."""
    if key.dtype not in _DTYPES:
        raise InvalidArgument(f"key: expected f16, bf16 or f32, but got {key.dtype}: convert the model")
    context = context_of(key)
    if context.ordinal < 0:
        batch = tokens = _ANY
    rounded = [1 << max(0, size - 1).bit_length() for size in (batch, max(tokens, 1024))]
    return _plan(
        context, query_heads, key.shape[1], key.shape[-1], _DTYPES[key.dtype], bits, min(rounded[0], _ANY),
        min(rounded[1], _ANY), tuple(sorted(options.items())),
    )


@functools.lru_cache(maxsize=256)
def _plan(context, query_heads, kv_heads, head_dim, dtype, bits, max_batch, max_seq_len, options):
    return Plan(
        query_heads=query_heads, kv_heads=kv_heads, head_dim=head_dim, dtype=dtype, bits=bits, max_batch=max_batch,
        max_seq_len=max_seq_len, device=context, **dict(options),
    )


def _bits(codes):
    # Tiled [B, Hkv, bits, tiles, words, 16] on a CPU, [B, Hkv, N, bits, words] on a GPU.
    axis, rank = (2, 6) if codes.device.type == "cpu" else (3, 5)
    if codes.dim() != rank:
        raise InvalidArgument(f"codes: expected rank {rank} on {codes.device.type}, but got {list(codes.shape)}: see Plan.new_codes")
    return codes.shape[axis]


def _sets(thresholds):
    return "shared" if thresholds is not None and thresholds.shape[0] == 1 else "per_head"


def _check_query(query, key):
    if query.dim() not in (3, 4):
        raise InvalidArgument(f"query: expected [B, Hq, D] or [B, Nq, Hq, D], but got {list(query.shape)}")
    if key.dim() != 4:
        raise InvalidArgument(f"key: expected [B, Hkv, N, D] or [pages, Hkv, page_size, D], but got {list(key.shape)}")


def _querying(query, key, codes, thresholds, page_table, operation, **options):
    """The plan of one operation on queries."""
    _check_query(query, key)
    paged = page_table is not None
    return plan_for(
        query.shape[-2], key, _bits(codes), batch=query.shape[0], tokens=key.shape[2] * (page_table.shape[1] if paged else 1),
        thresholds=_sets(thresholds), query_tokens=query.shape[1] if query.dim() == 4 else 1,
        page_size=key.shape[2] if paged else 0, operations=(operation,), **{**_DEFAULTS, **options},
    )


def _empty_like(query):
    """Memory for the output, dense however the query lies."""
    return torch.empty_like(query, memory_format=torch.contiguous_format)


def _rows(query, output):
    """Query and output as a plan has them, without an axis of one query token."""
    return (query[:, 0], output[:, 0]) if query.dim() == 4 and query.shape[1] == 1 else (query, output)


def _known(options):
    # A plan for a CPU has as many threads as PyTorch has.
    return (torch.get_num_threads(), *options, *options.values())


# The numbers of a call's tensors in the order of the tuples below: those of its cache and of its new tokens come first.
def _cache_places(view, paged):
    places = [(number, view, name) for number, name in enumerate(("key", "value", "codes"))]
    return [*places, (3, view, "seq_lens"), *([(4, view, "page_table")] if paged else [])]


def _token_places(tokens, offset):
    names = ("new_key", "new_value", "slots", "thresholds", *(["offset"] if offset is not None else []))
    return [(5 + number, tokens, name) for number, name in enumerate(names)]


def _query_places(plan, args, first):
    """Query, its thresholds and the output are a call's tensors from `first` on."""
    thresholds = [(first + 1, args, "thresholds")] if plan.metric == "l1" else []
    return [(first, args, "query"), *thresholds, (first + 2, args, "output")]


_decodes, _steps, _appends = _calls.make_table(), _calls.make_table(), _calls.make_table()


def _decode(query, key, value, codes, seq_lens, thresholds=None, page_table=None, **options):
    output, known = _empty_like(query), _known(options)
    tensors = (key, value, codes, seq_lens, page_table, query, thresholds, output)
    if _calls.is_captured(key) or not _decodes.launch(tensors, known):
        plan = _querying(query, key, codes, thresholds, page_table, "decode", **options)
        rows, into = _rows(query, output)
        cache = Cache(plan, key, value, codes, seq_lens, page_table)
        args, _ = plan._decoding(cache, rows, thresholds, into)
        places = _cache_places(cache.view, page_table is not None) + _query_places(plan, args, 5)
        _calls.first(_decodes, tensors, known, plan, "run", (args,), cache, places)
    return output


def _step(
    key, value, codes, new_key, new_value, slots, thresholds, query, seq_lens, offset=None, query_thresholds=None,
    page_table=None, **options,
):
    output, known = _empty_like(query), _known(options)
    new = (new_key, new_value, slots, thresholds, offset)
    tensors = (key, value, codes, seq_lens, page_table, *new, query, query_thresholds, output)
    if _calls.is_captured(key) or not _steps.launch(tensors, known):
        plan = _querying(query, key, codes, thresholds, page_table, "step", offset=offset is not None, **options)
        rows, into = _rows(query, output)
        cache = Cache(plan, key, value, codes, seq_lens, page_table)
        added = plan._tokens(cache, new_key, new_value, slots, (thresholds, offset))
        args, _ = plan._decoding(cache, rows, query_thresholds, into)
        places = _cache_places(cache.view, page_table is not None) + _token_places(added, offset) + _query_places(plan, args, 10)
        _calls.first(_steps, tensors, known, plan, "step", (added, args), cache, places)
    return output


def _append(key, value, codes, new_key, new_value, slots, thresholds, offset=None):
    tensors, known = (key, value, codes, None, None, new_key, new_value, slots, thresholds, offset), _known({})
    if _calls.is_captured(key) or not _appends.launch(tensors, known):
        _check_query(new_key, key)
        # Whether the cache is paged does not matter here: a slot is page * page_size + place, or sequence * tokens + position.
        plan = plan_for(
            key.shape[1], key, _bits(codes), batch=key.shape[0], tokens=key.shape[2], thresholds=_sets(thresholds),
            offset=offset is not None, operations=("append",),
        )
        lengths = torch.empty(key.shape[0], dtype=torch.int32, device=key.device)  # append reads none
        cache = Cache(plan, key, value, codes, lengths)
        cache.view.seq_lens = None
        added = plan._tokens(cache, new_key, new_value, slots, (thresholds, offset))
        places = _cache_places(cache.view, False)[:3] + _token_places(added, offset)
        _calls.first(_appends, tensors, known, plan, "append", (added,), cache, places)


for _device in ("CPU", "CUDA"):
    _LIBRARY.impl("decode", _decode, _device)
    _LIBRARY.impl("append", _append, _device)
    _LIBRARY.impl("step", _step, _device)


@torch.library.register_fake("adamas::decode", lib=_LIBRARY)
def _(query, key, value, codes, seq_lens, thresholds=None, page_table=None, **_options):
    _check_query(query, key)
    return _empty_like(query)


@torch.library.register_fake("adamas::append", lib=_LIBRARY)
def _(key, value, codes, new_key, new_value, slots, thresholds, offset=None):
    _check_query(new_key, key)


@torch.library.register_fake("adamas::step", lib=_LIBRARY)
def _(key, value, codes, new_key, new_value, slots, thresholds, query, *_others, **_options):
    _check_query(query, key)
    return _empty_like(query)


decode = torch.ops.adamas.decode
append = torch.ops.adamas.append
step = torch.ops.adamas.step
