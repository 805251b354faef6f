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
from ctypes import addressof, c_int32, c_size_t, c_void_p

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

    def launch(self, tensors, options):
        """Makes the call that is remembered for such tensors; whether there is one. options: a tuple of numbers, strings and None."""
        found = self._known.get(self._key(tensors, options))
        if found is None:
            return False
        function, arguments, places, _ = found
        for number, place, offset in places:
            place.value = tensors[number].data_ptr() + offset
        status = function(*arguments)
        if status:
            self._fail(status)
        return True

    def remember(self, tensors, options, function, arguments, places, keep):
        """What launch does from now on for such tensors. function: an address; arguments: 5 or 6 whole numbers; places:
        (number of a tensor, address to write its own to, bytes to add) each; keep: what must live as long."""
        if len(self._known) >= self._most:
            self._known.clear()
        made = ctypes.CFUNCTYPE(c_int32, *[c_size_t] * len(arguments))(function)
        into = [(number, c_void_p.from_address(address), offset) for number, address, offset in places]
        self._known[self._key(tensors, options)] = made, arguments, into, keep
        return True

    @staticmethod
    def _key(tensors, options):
        seen = tuple(None if t is None else (t.shape, t.stride(), t.dtype, t.device) for t in tensors)
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


def first(table, tensors, options, made, function, structs, cache, places, keep=()):
    """Makes the call adamas_plan_`function` of the plan `made` with these structs, and remembers it for such tensors.

    cache: anything with the `view` and the `batch` of one. places: (number of a tensor, struct, field) for each pointer that follows
    a tensor, which it need not be the begin of. keep: tensors that the structs point to and that no call brings.
    """
    like = next(t for t in tensors if t is not None)
    made._call(function, structs, cache, like)
    stream = made._stream(like, None)
    memory, size = made._workspace(cache, getattr(structs[0], "tokens", 0), stream)
    arguments = (made.handle.value, *map(addressof, structs), memory.pointer.value if memory else 0, size, stream or 0)
    where = tuple(
        (number, addressof(struct) + getattr(type(struct), field).offset, getattr(struct, field) - tensors[number].data_ptr())
        for number, struct, field in places if getattr(struct, field)
    )
    address = ctypes.cast(getattr(library.library(), "adamas_plan_" + function), c_void_p).value
    table.remember(tensors, options, address, arguments, where, (made, structs, cache.view, memory, keep))
