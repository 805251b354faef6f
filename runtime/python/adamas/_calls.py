# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls of operators whose arguments were looked at before: what a plan checks of a tensor is its shape, strides, type and device, so
that a call which has seen the same needs pointers only. This is most of the host's time of a step."""

import threading
from types import SimpleNamespace

import torch

# Growing prompts come with a new shape each time.
_MOST = 256
_local = threading.local()  # a call's structs are filled anew each time


def signature(operation, tensors, options):
    """What a call's checks depend on. options: a dict of numbers and strings."""
    seen = tuple(None if t is None else (t.shape, t.stride(), t.dtype, t.device) for t in tensors)
    # A plan for a CPU has as many threads as PyTorch has.
    return operation, seen, tuple(options.items()), torch.get_num_threads()


def find(key):
    """The Call that this thread remembers for a signature, or None."""
    return _known().get(key)


def remember(key, call):
    """Keeps a Call for a signature, and gives it."""
    known = _known()
    if len(known) >= _MOST:
        known.clear()
    known[key] = call
    return call


def _known():
    if not hasattr(_local, "calls"):
        _local.calls = {}
    return _local.calls


class Call:
    """A function of a plan with its structs, and where in them the pointers of its tensors are.

    places: for each tensor a pair (struct, field), or None for one that is not passed on.
    """

    def __init__(self, plan, function, structs, cache, places):
        self._plan, self._function, self._structs, self._places = plan, function, structs, places
        self._cache = SimpleNamespace(view=cache.view, batch=cache.batch)  # and not the tensors, which may go

    def __call__(self, tensors):
        for place, tensor in zip(self._places, tensors):
            if place is not None and tensor is not None:
                setattr(place[0], place[1], tensor.data_ptr())
        self._plan._call(self._function, self._structs, self._cache, tensors[0])
