# What the tests of the Transformers integration share: small models of random weights, and steps through them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import inspect
import unittest

import numpy as np
from package_support import adamas, has_library, reference

try:
    import torch
    import transformers
    from transformers import DynamicCache, StaticCache

    import adamas.transformers
except ImportError:
    torch = transformers = None

needs_transformers = unittest.skipUnless(transformers and has_library(), "there is no Transformers, or no libadamas_runtime")
VOCABULARY = 97


def _model(kind, config):
    torch.manual_seed(0)
    # Wide weights, so that random models attend to some tokens more than to others.
    model = kind(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "q_proj" in name or "k_proj" in name:
                weight.mul_(6)
    return model


def llama(**options):
    return _model(
        transformers.LlamaForCausalLM,
        transformers.LlamaConfig(**{
            "vocab_size": VOCABULARY, "hidden_size": 128, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
            "num_key_value_heads": 2, "max_position_embeddings": 512, "eos_token_id": None, "bos_token_id": None, "pad_token_id": 0,
            **options,
        }),
    )


def gemma(**options):
    return _model(
        transformers.Gemma3ForCausalLM,
        transformers.Gemma3TextConfig(**{
            "vocab_size": VOCABULARY, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
            "num_key_value_heads": 1, "head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 16, "max_position_embeddings": 512,
            "layer_types": ["sliding_attention", "sliding_attention", "full_attention"], "eos_token_id": None, "bos_token_id": None,
            "pad_token_id": 0, **options,
        }),
    )


def configured(model, **options):
    adamas.transformers.register()
    adamas.transformers.configure(model, adamas.transformers.AdamasConfig(**options))
    return model


def prompt(batch, tokens, seed=0):
    return torch.randint(1, VOCABULARY, (batch, tokens), generator=torch.Generator().manual_seed(seed))


def new_cache(model, kind="dynamic", tokens=256):
    return DynamicCache(config=model.config) if kind == "dynamic" else StaticCache(config=model.config, max_cache_len=tokens)


@torch.no_grad() if torch else (lambda function: function)
def step(model, ids, cache, mask=None):
    """The last logits after `ids` were added to the cache."""
    seen = int(cache.get_seq_length()) + ids.shape[1]
    mask = torch.ones(ids.shape[0], seen, dtype=torch.long) if mask is None else mask
    # The argument's name changed over the versions of Transformers.
    name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
    return model(input_ids=ids, attention_mask=mask, use_cache=True, **{name: cache}).logits[:, -1]


def attention_of(model, number):
    return model.model.layers[number].self_attn


def wrong_codes(model, cache):
    """(layer, sequence) whose kept codes are not those of its keys; None where a layer keeps none."""
    wrong = []
    for number, layer in enumerate(cache.layers):
        kept, end = layer.adamas_codes, int(layer.get_seq_length())
        if kept is None or kept.length != end:
            wrong.append((number, None))
            continue
        sets = attention_of(model, number)._adamas_settings.thresholds
        for row, start in enumerate(kept.starts):
            key = layer.keys[row, :, start:end]
            codes = reference.encode_keys(key[None].numpy(), sets.keys.numpy(), sets.bits, sets.offset.numpy())
            want = torch.from_numpy(reference.pack(codes, sets.bits)[0].view(np.int32))  # [Hkv, N, bits, words]
            tokens = torch.arange(end - start)
            got = kept.codes[row][:, :, tokens // 16, :, tokens % 16]  # [N, Hkv, bits, words]
            if not torch.equal(got, want.transpose(0, 1)):
                wrong.append((number, row))
    return wrong


def run_steps(model, ids, steps, kind="dynamic", cache=None):
    """A cache after a prompt and so many greedy steps with adamas."""
    model.set_attn_implementation("adamas")
    cache = new_cache(model, kind) if cache is None else cache
    for _ in range(steps + 1):
        ids = step(model, ids, cache).argmax(-1, keepdim=True)
    return cache


def decode_logits(model, name, ids, steps=8):
    """Logits of steps that are fed the same tokens whatever they predict."""
    model.set_attn_implementation(name)
    cache = new_cache(model)
    step(model, ids[:, :-steps], cache)
    return torch.stack([step(model, ids[:, i : i + 1], cache) for i in range(ids.shape[1] - steps, ids.shape[1])])
