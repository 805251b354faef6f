# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The step of one token through a layer of Transformers whose codes are up to date: what one layer did, other layers and later steps
do with tensors and a length of their own. Shapes are looked at when a shape is new, every 1,024 tokens, and where codes move."""

import torch

from . import _calls, _following
from .plan import Cache

CHUNK = 1024  # tokens, a divisor of what plan_for rounds lengths up to
_table = _calls.make_table()


def _call(settings, kept, key, value, query, output, scaling, end):
    """Tensors, options and numbers of such a call."""
    sets, keys, values = settings.thresholds, key.stride(), value.stride()
    tensors = (key, value, kept.codes, query, sets.keys, sets.offset, sets.queries, output)
    # The configuration lives as long as what is remembered of it.
    options = (id(settings.config), scaling, (end - 1) // CHUNK, (key.shape[2] - 1) // CHUNK, torch.get_num_threads(), kept.starts[0])
    return tensors, options, (end, keys[0], keys[1], values[0], values[1])


def launch(settings, kept, key, value, query, output, scaling, end):
    """Encodes the token before `end` and attends, where such a step is known; whether it is. Sequences must begin together."""
    if not kept.together or kept.length < end - 1 or end - kept.starts[0] > kept.room or end > key.shape[2] or _calls.is_captured(key):
        return False  # a graph would outlive what is remembered
    return _table.launch(*_call(settings, kept, key, value, query, output, scaling, end), 2)


def first(plan, settings, kept, key, value, query, output, scaling, end):
    """The same for sequences that begin together where it is not known yet: from now on it is. kept: with room for the token."""
    batch, start, sets = key.shape[0], kept.starts[0], settings.thresholds
    begin = (end - 1) // CHUNK * CHUNK + 1
    # Lengths and slots of all steps of a chunk: row `end - begin` is this one's. New rows are the cache's own.
    lengths = torch.arange(begin - start, begin - start + CHUNK, dtype=torch.int32, device=key.device)[:, None].repeat(1, batch)
    slots = lengths * torch.arange(1, batch + 1, dtype=torch.int32, device=key.device) - 1
    codes = _following.part(plan, kept.codes, slice(None), end - start)
    cache = Cache(plan, key[:, :, start:end], value[:, :, start:end], codes, lengths[end - begin])
    added = plan._tokens(cache, key[:, :, end - 1], value[:, :, end - 1], slots[end - begin], sets)
    args, _ = plan._decoding(cache, query[:, :, 0], sets, output[:, 0])
    if _calls.is_captured(key):
        _calls.call(plan, "step", (added, args), cache, query)
        return
    view, row = cache.view, batch * lengths.element_size()
    places = [
        (0, view, "key"), (1, view, "value"), (2, view, "codes"), (3, args, "query"), (4, added, "thresholds"), (5, added, "offset"),
        *([(6, args, "thresholds")] if plan.metric == "l1" else []), (7, args, "output"), (None, view, "tokens", 0, 1),
        (None, view, "seq_lens", 0, row), (None, added, "slots", 0, row), (0, added, "new_key", 0, key.stride(2) * key.element_size()),
        (1, added, "new_value", 0, value.stride(2) * value.element_size()),
        *((None, view, ("key_strides", axis), 1 + axis, 1) for axis in (0, 1)),
        *((None, view, ("value_strides", axis), 3 + axis, 1) for axis in (0, 1)),
        *((None, added, ("new_key_strides", axis), 1 + axis, 1) for axis in (0, 1)),
        *((None, added, ("new_value_strides", axis), 3 + axis, 1) for axis in (0, 1)),
    ]
    tensors, options, numbers = _call(settings, kept, key, value, query, output, scaling, end)
    _calls.first(
        _table, tensors, options, plan, "step", (added, args), cache, places, numbers=numbers, growing=2,
        tokens=begin - start + CHUNK - 1, keep=(lengths, slots, settings.config),
    )
