# Codes beside the layers of a Transformers cache, and when they may still be trusted.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An attention function sees keys, not the cache that they come from. A hook before the attention module sees the cache, and with
it whether the layer's keys are the very tensor, unchanged, that the codes were made from. `DynamicLayer` and `StaticLayer` then
add the new token and nothing else, so one token is encoded. Whatever else happened to the cache (reordered, cropped, another
batch, reset, written to) gives another tensor or another version of it, and all codes are made again."""

import threading
import weakref

import torch
from transformers.cache_utils import Cache, EncoderDecoderCache

from .errors import UnsupportedError
from .plan import TILE

_GROWTH = 256  # tokens; codes are moved that rarely
_pending = threading.local()


def version_of(tensor):
    """Counts writes to a tensor; None for inference tensors, which do not count."""
    return None if tensor.is_inference() else tensor._version


class LayerCodes:
    """Codes of one cache layer: attribute `adamas_codes` of it."""

    def __init__(self, owner, starts):
        self.owner, self.starts = owner, starts  # the module's Settings; the first token of each sequence
        self.together = len(set(starts)) == 1
        self._keys = self.version = self.codes = None
        self.room = 0  # tokens that there is memory for
        self.length = 0  # positions of the cache that have codes, padding included

    def is_of(self, keys):
        return keys is not None and self._keys is not None and self._keys() is keys and self.version == version_of(keys)

    def seal(self, keys, length):
        """From now on the codes are those of these keys."""
        # Weak: a layer that was reset must not go on holding its old keys.
        self._keys, self.version, self.length = weakref.ref(keys), version_of(keys), length


def find_cache(arguments, named):
    """The cache among a module's arguments: its name changed over the versions of Transformers."""
    for value in (*named.values(), *arguments):
        if isinstance(value, Cache):
            if isinstance(value, EncoderDecoderCache):
                raise UnsupportedError(
                    "cache: expected that of a decoder, but got an EncoderDecoderCache: use attn_implementation='sdpa' for this model"
                )
            return value
    return None


def layer_of(cache, number):
    """The layer of a cache; None before its first update."""
    layers = getattr(cache, "layers", [])
    return layers[number] if number < len(layers) else None


def note_cache(module, arguments, named):
    """The hook: drops codes that are not of the layer's keys, and notes the cache for the attention function."""
    (_note_uncompiled if torch.compiler.is_compiling() else _note)(module, arguments, named)


def _note(module, arguments, named):
    cache = find_cache(arguments, named)
    if cache is not None:
        layer = layer_of(cache, module.layer_idx)
        codes = getattr(layer, "adamas_codes", None)
        if codes is not None and not codes.is_of(layer.keys):
            layer.adamas_codes = None
    # Weak: layers that stay dense never take it, and must not keep the last cache alive.
    _pending.__dict__[id(module)] = None if cache is None else weakref.ref(cache)


_note_uncompiled = torch.compiler.disable(_note)


def take_layer(module, keys):
    """(layer, cache): the cache that the hook noted, or None, and its layer if these are the keys that it keeps, else None."""
    noted = _pending.__dict__.pop(id(module), None)
    cache = noted() if noted is not None else None
    layer = layer_of(cache, module.layer_idx) if cache is not None else None
    return layer if layer is not None and getattr(layer, "keys", None) is keys else None, cache


def install(module):
    """Puts the hook before a module, once."""
    if "_adamas_hook" not in vars(module):
        module._adamas_hook = module.register_forward_pre_hook(note_cache, with_kwargs=True)


def grow(plan, codes, batch, tokens, like):
    """Codes with room for so many tokens: the same, or a larger copy."""
    axis = 3 if plan.ordinal < 0 else 2
    needed = plan.codes_shape(batch, tokens)[axis]
    if codes is not None and codes.shape[axis] >= needed:
        return codes
    larger = plan.new_codes(batch, (tokens // _GROWTH + 2) * _GROWTH, like)
    if codes is not None:
        larger.narrow(axis, 0, codes.shape[axis]).copy_(codes)
    return larger


def room(plan, codes):
    """Tokens that codes have memory for."""
    return codes.shape[3] * TILE if plan.ordinal < 0 else codes.shape[2]


def part(plan, codes, rows, tokens):
    """Codes of some sequences and the first tokens."""
    axis = 3 if plan.ordinal < 0 else 2
    return codes[rows].narrow(axis, 0, plan.codes_shape(1, tokens)[axis])
