# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls whose arguments were looked at before: what a plan checks of a tensor is its shape, strides, type and device, so that a call
which has seen the same needs pointers only. This is most of the host's time of a step.

A table of such calls is adamas_calls.Table, C++ beside libadamas_runtime that reads PyTorch's tensors through DLPack's C exchange
(PyTorch 2.10), or PythonTable, which does the same in some microseconds more."""

import ctypes
import functools
import importlib.machinery
import importlib.util
import logging
import os
import threading
from types import SimpleNamespace
from ctypes import addressof, c_int32, c_int64, c_size_t, c_void_p

import torch

from . import library, plan

FILE_NAME = "adamas_calls.abi3.so"
# Growing prompts and caches come with a new shape each time.
_MOST = 256
_log = logging.getLogger("adamas")


class PythonTable:
    """Calls by what their checks depend on. Those of a thread are its own, since a call's structs are filled anew each time."""

    def __init__(self, fail, most=_MOST):
        self._fail, self._most, self._known = fail, most, {}

    def launch(self, tensors, options, numbers=(), growing=0):
        """Makes the call that is remembered for such tensors; whether there is one.

        options: a tuple of numbers, strings and None. numbers: whole ones that the call is not known by. growing: so many of the first
        tensors are caches [B, H, N, D] that may have another N, and other strides of the first two axes, if all have the same N.
        """
        found = self._known.get(self._key(tensors, options, growing))
        if found is None:
            return False
        function, arguments, places, _ = found
        for tensor, word, offset, number, scale in places:
            begin = tensors[tensor].data_ptr() if tensor >= 0 else 0
            word.value = begin + offset + (numbers[number] * scale if number >= 0 else 0)
        status = function(*arguments)
        if status:
            self._fail(status)
        return True

    def remember(self, tensors, options, function, arguments, places, keep, growing=0):
        """What launch does from now on for such tensors.

        function: an address; arguments: 5 or 6 whole numbers; places: (tensor, address, offset, number, scale) each, words to write: the
        address of a tensor (-1: 0) + offset + a number (-1: 0) * scale; keep: what must live as long.
        """
        if len(self._known) >= self._most:
            self._known.clear()
        made = ctypes.CFUNCTYPE(c_int32, *[c_size_t] * len(arguments))(function)
        into = [(place[0], c_int64.from_address(place[1]), *place[2:]) for place in places]
        self._known[self._key(tensors, options, growing)] = made, arguments, into, keep
        return True

    @staticmethod
    def _key(tensors, options, growing):
        seen = tuple(None if t is None else (t.shape, t.stride(), t.dtype, t.device) for t in tensors[growing:])
        seen += tuple(
            (*t.shape[:2], t.shape[3], t.shape[2] == tensors[0].shape[2], t.stride()[2:], t.dtype, t.device) for t in tensors[:growing]
        )
        gpu = next((t.device.index for t in tensors if t is not None and t.is_cuda), None)
        return seen, options, threading.get_ident(), None if gpu is None else plan._current_stream(gpu)


@functools.lru_cache(maxsize=None)
def native():
    """The module adamas_calls, or None where there is none for this Python or this PyTorch."""
    folder = os.path.dirname(library.library_path())
    path = os.path.join(folder, FILE_NAME)
    if not folder:
        return None  # the loader searches for the library, and what lies beside it is not known
    if not hasattr(torch.Tensor, "__dlpack_c_exchange_api__"):
        _log.debug("%s: not used, since PyTorch %s has no C exchange of DLPack: calls take some microseconds more", path, torch.__version__)
        return None
    try:
        specification = importlib.util.spec_from_loader(
            "adamas_calls", importlib.machinery.ExtensionFileLoader("adamas_calls", path)
        )
        return importlib.util.module_from_spec(specification)
    except ImportError as error:
        _log.debug("%s: not used (%s): calls take some microseconds more", path, error)
        return None


def make_table():
    """A table for calls on tensors of PyTorch."""
    module = native()
    if module is None:
        return PythonTable(library.check)
    return module.Table(torch.Tensor.__dlpack_c_exchange_api__, torch.Tensor, library.check, _MOST)


_captured = {}  # plans and memory that CUDA graphs use, whose end nobody tells


def is_captured(tensor):
    """Whether a call on `tensor` becomes part of a CUDA graph."""
    return tensor.is_cuda and torch.cuda.is_current_stream_capturing()


def call(made, function, structs, cache, like):
    """Makes the call. A graph that it becomes part of has the address of its workspace, which then stays."""
    made._call(function, structs, cache, like)
    if is_captured(like):
        memory, _ = made._workspace(cache, getattr(structs[0], "tokens", 0), made._stream(like, None))
        _captured[id(memory)] = (made, memory)


def first(table, tensors, options, made, function, structs, cache, places, *, numbers=(), growing=0, tokens=None, keep=()):
    """Makes the call adamas_plan_`function` of the plan `made` with these structs, and remembers it for such tensors.

    places: (tensor, struct, member, number, scale) for each word of a struct that follows the tensors or `numbers` of a call; what it
    holds now says how. A tensor or a number is its place in the tuple, None: neither; (member, i) is one of an array. tokens: the most
    that a cache grows to while it is alike; None: it does not grow. keep: tensors that the structs point to and that no call brings.
    """
    like = next(t for t in tensors if t is not None)
    call(made, function, structs, cache, like)
    if is_captured(like):
        return
    stream, view = made._stream(like, None), cache.view
    largest = SimpleNamespace(tokens=tokens or view.tokens, pages=view.pages, max_pages=view.max_pages)
    memory, size = made._workspace(SimpleNamespace(batch=cache.batch, view=largest), getattr(structs[0], "tokens", 0), stream)
    arguments = (made.handle.value, *map(addressof, structs), memory.pointer.value if memory else 0, size, stream or 0)
    words = tuple(_word(tensors, numbers, *place) for place in places)
    address = ctypes.cast(getattr(library.library(), "adamas_plan_" + function), c_void_p).value
    table.remember(tensors, options, address, arguments, words, (made, structs, view, memory, keep), growing)


def _word(tensors, numbers, tensor, struct, member, number=None, scale=0):
    name, index = member if isinstance(member, tuple) else (member, 0)
    address = addressof(struct) + getattr(type(struct), name).offset + 8 * index
    begin = tensors[tensor].data_ptr() if tensor is not None else 0
    moved = numbers[number] * scale if number is not None else 0
    offset = c_int64.from_address(address).value - begin - moved
    return -1 if tensor is None else tensor, address, offset, -1 if number is None else number, scale
