# Contexts, plans and caches: the calls of an engine.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A Plan is made once for a shape of attention and used for every layer and step; a Cache is one layer's memory."""

import ctypes
import functools
import threading
import weakref
from collections import namedtuple
from ctypes import byref, c_int64, c_size_t, c_void_p

import numpy as np

from . import arrays, library
from .errors import InvalidArgument

METRICS = {"l1": library.L1, "weighted": library.WEIGHTED, "two_pass": library.TWO_PASS}
POLICIES = {"per_query_head": library.PER_QUERY_HEAD, "per_kv_head": library.PER_KV_HEAD}
OPERATIONS = {
    "decode": library.DECODE, "select": library.SELECT, "dense": library.DENSE, "append": library.APPEND, "step": library.STEP,
}  # fmt: skip
TILE = 16  # tokens whose code words lie together on a CPU

Step = namedtuple("Step", "output lse indices lengths")
Step.__doc__ = """Results of a decode or dense step; what the plan does not return is None.

output: [B, (Nq,) Hq, D] in the plan's dtype. lse: f32 [B, (Nq,) Hq], natural log. indices: int32 [B, (Nq,) S, budget], ascending
positions, -1 padded, S = Hq or, per KV head, Hkv. lengths: int32 [B, (Nq,) S]."""
Selection = namedtuple("Selection", "indices lengths")
Selection.__doc__ = "Results of Plan.select, as in Step."


def device_count():
    """The number of GPUs. Raises DriverError where there is no driver."""
    count = ctypes.c_int32()
    library.call("adamas_device_count", byref(count))
    return count.value


def _as_dict(properties):
    names = [name for name, _ in properties._fields_ if name != "struct_size"]
    values = {name: getattr(properties, name) for name in names}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}


def device_info(ordinal=0):
    """What is known of a GPU, as a dict: name, chip, multiprocessors, memory_bytes and so on."""
    properties = library.DeviceProperties()
    library.call("adamas_device_info", ordinal, byref(properties))
    return _as_dict(properties)


class Context:
    """A device: "cpu", "cuda" or "cuda:1". Contexts are shared: use `Context.get`.

    threads: of a CPU; 0: all that the process may use.
    """

    def __init__(self, device="cpu", threads=0):
        self.handle = c_void_p()
        kind, _, number = str(device).partition(":")
        if kind == "cpu":
            library.call("adamas_context_create_cpu", threads, byref(self.handle))
        elif kind == "cuda" and (number or "0").isdigit():
            library.call("adamas_context_create", int(number or 0), byref(self.handle))
        else:
            raise InvalidArgument(f"device: expected cpu, cuda or cuda:N, but got '{device}'")
        _when_dropped(self, library.library().adamas_context_destroy, self.handle)
        self.ordinal = self.info()["ordinal"]

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def get(device="cpu", threads=0):
        """The context of this device and number of threads, made when first asked for."""
        return Context(device, threads)

    def info(self):
        """Properties as a dict: name, chip ("x86", "sm_90a"), multiprocessors (threads of a CPU), memory_bytes, ..."""
        properties = library.DeviceProperties()
        library.call("adamas_context_info", self.handle, byref(properties))
        return _as_dict(properties)

    def synchronize(self, stream=0):
        """Waits for a CUDA stream; on a CPU there is nothing to wait for."""
        library.call("adamas_stream_synchronize", self.handle, stream or None)


class Cache:
    """Keys, values and codes of one layer for a plan.

    key, value: the plan's dtype, [B, Hkv, N, D], or [pages, Hkv, page_size, D] with a page table; any strides but a contiguous
    last axis. codes: u32 (or int32) [B, Hkv, N, bits, D / 32] on a GPU, [B, Hkv, bits, ceil(N / 16), D / 32, 16] on a CPU; see
    Plan.new_codes. seq_lens: int32 [B], tokens of each sequence, read at each step on the device. page_table: int32
    [B, pages of a sequence], GPUs only. The arrays are used where they lie; the cache holds references.
    Raises InvalidArgument for arrays that do not fit the plan.
    """

    def __init__(self, plan, key, value, codes, seq_lens, page_table=None):
        self.key, self.value, self.codes, self.seq_lens, self.page_table = key, value, codes, seq_lens, page_table
        paged, device, size = bool(plan.page_size), plan.ordinal, plan.head_dim
        rows = (None, plan.kv_heads, plan.page_size or None, size)
        keys = arrays.check_rows("key", key, (plan.dtype,), rows, device)
        pages, tokens = keys.shape[0], keys.shape[2]
        values = arrays.check_rows("value", value, (plan.dtype,), keys.shape, device)
        words = arrays.check_rows("codes", codes, ("u32", "i32"), plan.codes_shape(pages, tokens), device)
        lengths = arrays.check_dense("seq_lens", seq_lens, ("i32",), (None if paged else pages,), device)
        self.batch = lengths.shape[0]
        plane = 2 if device < 0 else 3
        strides = (*words.strides[:2], 0 if device < 0 else words.strides[2], words.strides[plane])
        self.view = library.CacheView(
            key=keys.pointer, value=values.pointer, codes=words.pointer, pages=pages, tokens=tokens,
            key_strides=keys.strides[:3], value_strides=values.strides[:3], codes_strides=strides, seq_lens=lengths.pointer,
        )
        if paged != (page_table is not None):
            raise InvalidArgument(
                f"page_table: expected {'one' if paged else 'None'}, since the plan's page_size is {plan.page_size}, "
                f"but got {'None' if page_table is None else 'one'}"
            )
        if paged:
            table = arrays.check_rows("page_table", page_table, ("i32",), (self.batch, None), device)
            self.view.page_table, self.view.max_pages = table.pointer, table.shape[1]
            self.view.page_table_stride = table.strides[0] if table.shape[0] > 1 else 0
        # DLPack's owners and temporary views must outlive the pointers.
        self._keep = (keys, values, words, lengths)


class Plan:
    """The operations of one shape of attention on one device.

    query_heads (a multiple of kv_heads), kv_heads, head_dim (a power of two, 32 to 1024), dtype "f16", "bf16" or "f32": of the model.
    metric: "weighted" (recommended), "l1" (the paper's) or "two_pass" (one bit of every token, then all bits of `candidates`).
    bits: of a code, 1 to 4; None: 2, for two passes 4. policy: "per_query_head" or "per_kv_head".
    budget: tokens that a selection keeps, the forced ones included. sink, recent: first and last tokens that are always kept;
    sink None: 0, for two passes 4. candidates: 0: 8 budgets. query_tokens: 1 to 8 tokens of a sequence in one step.
    page_size: tokens of a page, 0: contiguous. max_batch, max_seq_len: the largest that will be used. scale: of scores, 0: 1/sqrt(D).
    thresholds: "per_head" or "shared": one set for each KV head, or one for all. offset: whether keys have one subtracted.
    lse, indices: whether decode returns them. validate: whether launches check pointers and, on the device, lengths and page tables
    (GPUs; see read_errors). dense_below_crossover: whether decode takes dense attention for sequences below `crossover` (GPUs; not
    with indices).
    operations: what the plan must serve, of decode, select, dense, append, step; each costs a compilation where none is cached.
    device: "cpu", "cuda", "cuda:1" or a Context. threads: of a CPU, 0: all that the process may use.

    Raises InvalidArgument, UnsupportedError, CompilerError and the other exceptions of adamas.errors.
    """

    def __init__(
        self, *, query_heads, kv_heads, head_dim, dtype="f16", metric="weighted", bits=None, policy="per_query_head", budget=128,
        candidates=0, sink=None, recent=1, query_tokens=1, page_size=0, max_batch=1, max_seq_len=131072, scale=0.0,
        weight_range=0, weight_cap=0, thresholds="per_head", offset=True, lse=False, indices=False, validate=False,
        dense_below_crossover=False, operations=("decode", "append"), device="cpu", threads=0,
    ):
        for name, value, known in (
            ("dtype", dtype, arrays.ELEMENTS), ("metric", metric, METRICS), ("policy", policy, POLICIES),
            ("thresholds", thresholds, {"per_head", "shared"}), *(("operations", one, OPERATIONS) for one in operations),
        ):
            if value not in known:
                raise InvalidArgument(f"{name}: expected one of {', '.join(sorted(known))}, but got '{value}'")
        two_pass = metric == "two_pass"
        self.query_heads, self.kv_heads, self.head_dim, self.dtype = query_heads, kv_heads, head_dim, dtype
        self.bits = (4 if two_pass else 2) if bits is None else bits
        self.metric, self.policy, self.budget, self.query_tokens = metric, policy, budget, query_tokens
        self.page_size, self.returns_lse, self.returns_indices = page_size, bool(lse), bool(indices)
        self.has_offset, self.threshold_sets = bool(offset), kv_heads if thresholds == "per_head" else 1
        desc = library.PlanDesc()
        library.library().adamas_plan_desc_init(byref(desc))
        desc.dtype, desc.metric, desc.policy = arrays.ELEMENTS[dtype], METRICS[metric], POLICIES[policy]
        desc.operations = sum(OPERATIONS[one] for one in set(operations))
        members = {
            "head_dim": head_dim, "bits": self.bits, "query_heads": query_heads, "kv_heads": kv_heads, "budget": budget,
            "query_tokens": query_tokens, "candidates": candidates, "sink": (4 if two_pass else 0) if sink is None else sink,
            "recent": recent, "page_size": page_size, "max_batch": max_batch, "max_seq_len": max_seq_len, "scale": scale,
            "weight_range": weight_range, "weight_cap": weight_cap, "threshold_sets": self.threshold_sets,
            "key_offset": self.has_offset, "return_lse": self.returns_lse, "return_indices": self.returns_indices,
            "validate": bool(validate), "dense_below_crossover": bool(dense_below_crossover),
        }
        for name, value in members.items():
            _set_member(desc, name, value)
        self.desc = desc
        self.context = device if isinstance(device, Context) else Context.get(str(device), threads)
        self.ordinal = self.context.ordinal
        self.handle = c_void_p()
        library.call("adamas_plan_create", self.context.handle, byref(desc), byref(self.handle))
        _when_dropped(self, library.library().adamas_plan_destroy, self.handle)
        self._workspaces = threading.local()

    @property
    def crossover(self):
        """Tokens of a sequence from which on decode is faster than dense attention; 0: not known, as on a CPU."""
        tokens = c_int64()
        library.call("adamas_plan_crossover", self.handle, byref(tokens))
        return tokens.value

    def codes_shape(self, batch, tokens):
        """The shape of the codes of `batch` sequences (or pages) of `tokens` tokens on this plan's device."""
        words = self.head_dim // 32
        if self.ordinal < 0:
            return (batch, self.kv_heads, self.bits, -(-tokens // TILE), words, TILE)
        return (batch, self.kv_heads, tokens, self.bits, words)

    def new_codes(self, batch, tokens, like=None):
        """Memory for codes, zeroed, in the library and on the device of the array `like` (None: NumPy)."""
        return arrays.empty(np.empty(0) if like is None else like, self.codes_shape(batch, tokens), "u32", zero=True)

    def new_cache(self, batch, tokens, like=None):
        """A contiguous Cache of zeros for `batch` sequences of up to `tokens` tokens; seq_lens begins at 0.

        like: an array whose library and device are used; None: NumPy, on a CPU.
        """
        like = np.empty(0) if like is None else like
        rows = (batch, self.kv_heads, tokens, self.head_dim)
        key, value = (arrays.empty(like, rows, self.dtype, zero=True) for _ in range(2))
        return Cache(self, key, value, self.new_codes(batch, tokens, like), arrays.empty(like, (batch,), "i32", zero=True))

    def append(self, cache, new_key, new_value, slots, thresholds, stream=None):
        """Writes new tokens' keys, values and codes into the cache; lengths are the caller's to set.

        new_key, new_value: [T, Hkv, D], after RoPE. They may be the very rows of the cache that the slots name; then only codes
        are written. slots: int32 [T], sequence * N + position (paged: page * page_size + place), -1 skips a token.
        thresholds: adamas.Thresholds, or (keys f32 [sets, 2^bits - 1], offset f32 [Hkv, D] or None).
        """
        self._call("append", (self._tokens(cache, new_key, new_value, slots, thresholds),), cache, new_key, stream)

    def step(self, cache, new_key, new_value, slots, thresholds, query, query_thresholds=None, output=None, stream=None):
        """What append and then decode do, in one launch where that is fastest: a Step. Lengths count the new tokens already.

        Arguments as of append and decode. query_thresholds: for the metric "l1", those of the queries; None: those that
        adamas.Thresholds hold.
        """
        tokens = self._tokens(cache, new_key, new_value, slots, thresholds)
        found = getattr(thresholds, "queries", None) if query_thresholds is None else query_thresholds
        args, results = self._decoding(cache, query, found, output)
        self._call("step", (tokens, args), cache, query, stream)
        return results

    def decode(self, cache, query, thresholds=None, output=None, stream=None):
        """One step of sparse attention: a Step.

        query: [B, Hq, D], or [B, Nq, Hq, D] for query_tokens > 1, after RoPE. thresholds: of the queries, for the metric "l1":
        adamas.Thresholds or f32 [sets, 2^bits - 1]. output: memory for the result, else made like the query.
        stream: a CUDA stream (a number, or PyTorch's); None: PyTorch's current one for its tensors, else the default one.
        """
        args, results = self._decoding(cache, query, thresholds, output)
        self._call("run", (args,), cache, query, stream)
        return results

    def select(self, cache, query, thresholds=None, stream=None):
        """The tokens that decode would attend to: a Selection. Arguments as of decode."""
        args, rows = self._query(library.SelectArgs, cache, query)
        if self.metric == "l1":
            args.thresholds = self._query_thresholds(thresholds).pointer
        _, indices, lengths = self._results(args, query, rows, False, True)
        self._call("select", (args,), cache, query, stream)
        return Selection(indices, lengths)

    def dense(self, cache, query, output=None, stream=None):
        """Attention over all tokens: a Step without indices. Arguments as of decode."""
        args, rows = self._query(library.DenseArgs, cache, query)
        output = self._output(args, query, output)
        lse, _, _ = self._results(args, query, rows, self.returns_lse, False)
        self._call("dense", (args,), cache, query, stream)
        return Step(output, lse, None, None)

    def validate(self, cache, stream=None):
        """Looks at lengths and page table on the host, waiting for the stream. Raises ValidationError."""
        library.call("adamas_plan_validate", self.handle, byref(cache.view), cache.batch, self._stream(cache.key, stream))

    def read_errors(self, stream=None):
        """For a plan with validate: raises ValidationError for lengths and page tables that steps since the last call found out of
        range, and ran as empty sequences. Waits for the stream (a number, or PyTorch's; None: the default one)."""
        library.call("adamas_plan_read_errors", self.handle, self._stream(None, stream))

    def _tokens(self, cache, new_key, new_value, slots, thresholds):
        rows = (None, self.kv_heads, self.head_dim)
        key = arrays.check_rows("new_key", new_key, (self.dtype,), rows, self.ordinal)
        value = arrays.check_rows("new_value", new_value, (self.dtype,), key.shape, self.ordinal)
        sets, offset = _sets(thresholds)
        cut = self._thresholds("thresholds", sets)
        args = library.AppendArgs(
            cache=ctypes.pointer(cache.view), batch=cache.batch, tokens=key.shape[0], new_key=key.pointer,
            new_value=value.pointer, new_key_strides=key.strides[:2], new_value_strides=value.strides[:2],
            slots=arrays.check_dense("slots", slots, ("i32",), key.shape[:1], self.ordinal).pointer, thresholds=cut.pointer,
        )
        if self.has_offset:
            if offset is None:
                raise InvalidArgument("offset: expected one, since the plan says so, but got None: make the plan with offset=False")
            args.offset = arrays.check_dense("offset", offset, ("f32",), (self.kv_heads, self.head_dim), self.ordinal).pointer
        return args

    def _decoding(self, cache, query, thresholds, output):
        """What a decode reads and writes, and its results."""
        args, rows = self._query(library.DecodeArgs, cache, query)
        if self.metric == "l1":
            args.thresholds = self._query_thresholds(thresholds).pointer
        output = self._output(args, query, output)
        lse, indices, lengths = self._results(args, query, rows, self.returns_lse, self.returns_indices)
        return args, Step(output, lse, indices, lengths)

    def _query(self, kind, cache, query):
        rows = (cache.batch, self.query_heads) if self.query_tokens == 1 else (cache.batch, self.query_tokens, self.query_heads)
        found = arrays.check_rows("query", query, (self.dtype,), (*rows, self.head_dim), self.ordinal)
        args = kind(
            cache=ctypes.pointer(cache.view), batch=cache.batch, query=found.pointer, query_strides=self._row_strides(found)
        )
        return args, rows

    def _row_strides(self, found):
        outer = found.strides[:-1]
        return outer if self.query_tokens > 1 else (outer[0], 0, outer[1])

    def _output(self, args, query, output):
        shape = tuple(query.shape)
        output = arrays.empty(query, shape, self.dtype) if output is None else output
        found = arrays.check_rows("output", output, (self.dtype,), shape, self.ordinal)
        args.output, args.output_strides = found.pointer, self._row_strides(found)
        return output

    def _results(self, args, query, rows, lse, indices):
        lists = rows if self.policy == "per_query_head" else (*rows[:-1], self.kv_heads)
        made = [
            arrays.empty(query, rows, "f32") if lse else None,
            arrays.empty(query, (*lists, self.budget), "i32") if indices else None,
            arrays.empty(query, lists, "i32") if indices else None,
        ]
        for name, array in zip(("lse", "indices", "lengths"), made):
            if array is not None:
                setattr(args, name, arrays.view(name, array).pointer)
        return made

    def _thresholds(self, name, sets):
        shape = (self.threshold_sets, 2**self.bits - 1)
        return arrays.check_dense(name, sets, ("f32",), shape, self.ordinal)

    def _query_thresholds(self, thresholds):
        if thresholds is None:
            raise InvalidArgument("thresholds: expected those of the queries, which the metric l1 needs, but got None")
        return self._thresholds("thresholds", getattr(thresholds, "queries", thresholds))

    def _stream(self, array, stream):
        if self.ordinal < 0:
            if stream:
                raise InvalidArgument(f"stream: expected None on the CPU, which has none, but got {stream}")
            return None
        if stream is None and arrays.is_torch(array):
            return _current_stream(array.device.index or 0) or None
        return getattr(stream, "cuda_stream", stream) or None

    def _call(self, function, args, cache, like, stream=None):
        """Launches adamas_plan_`function`. cache: anything with the `view` and the `batch` of one."""
        handle = self._stream(like, stream)
        memory, size = self._workspace(cache, getattr(args[0], "tokens", 0), handle)
        library.call("adamas_plan_" + function, self.handle, *map(byref, args), memory and memory.pointer, size, handle)

    def workspace_size(self, batch, tokens=0, append_tokens=0, pages=0, max_pages=0):
        """Bytes that every operation needs at these sizes; the package keeps such memory by itself, one a thread and stream."""
        size = c_size_t()
        extent = library.Extent(batch=batch, tokens=tokens, append_tokens=append_tokens, pages=pages, max_pages=max_pages)
        library.call("adamas_plan_workspace_size", self.handle, byref(extent), byref(size))
        return size.value

    def _workspace(self, cache, append_tokens, stream):
        """Memory that grows with what was asked, or None, and the bytes that are needed. A thread and a stream have one, so that steps
        do not meet in it."""
        if self.ordinal < 0 and append_tokens == 0:
            return None, 0
        kept, view = self._workspaces.__dict__, cache.view
        key = (cache.batch, view.tokens, view.pages, view.max_pages, append_tokens)
        if kept.get("key") != key:  # A loop over layers asks for the same again and again.
            tokens = 0 if self.page_size else view.tokens
            kept["key"], kept["size"] = key, self.workspace_size(cache.batch, tokens, append_tokens, view.pages, view.max_pages)
        size = kept["size"]
        if size == 0:
            return None, 0
        memory = kept.get(("memory", stream))
        if memory is None or memory.size < size:
            memory = kept["memory", stream] = _Memory(self.context, size)
        return memory, size


class _Memory:
    """Device memory of the runtime."""

    def __init__(self, context, size):
        self.context, self.size, self.pointer = context, size, c_void_p()
        library.call("adamas_memory_allocate", context.handle, size, byref(self.pointer))
        _when_dropped(self, _free, context, self.pointer)


def _current_stream(ordinal):
    """PyTorch's current stream of a GPU, as a number."""
    import torch

    # What PyTorch's own compiler calls: it makes no object.
    raw = getattr(torch._C, "_cuda_getCurrentRawStream", None)
    return raw(ordinal) if raw else torch.cuda.current_stream(ordinal).cuda_stream


def _free(context, pointer):
    library.library().adamas_memory_free(context.handle, pointer)


# Not __del__, whose order is open where objects die together: what a finalizer is given lives until it has run, and at the end of
# the process the latest run first.
_when_dropped = weakref.finalize


def _set_member(desc, name, value):
    try:
        setattr(desc, name, value)
    except TypeError:
        raise InvalidArgument(f"{name}: expected a number, but got {value!r}") from None
    # ctypes keeps the low bits of what does not fit.
    if isinstance(value, int) and getattr(desc, name) != value:
        raise InvalidArgument(f"{name}: expected a number of 32 bits, but got {value}")


def _sets(thresholds):
    if hasattr(thresholds, "keys") and hasattr(thresholds, "offset"):
        return thresholds.keys, thresholds.offset
    if isinstance(thresholds, tuple) and len(thresholds) == 2:
        return thresholds
    raise InvalidArgument(
        f"thresholds: expected adamas.Thresholds or a pair of sets and offset, but got {type(thresholds).__name__}: see adamas.calibrate"
    )
