#!/usr/bin/env python3
# Passkey retrieval over length and depth: whether a model still finds a number when each step attends to a few tokens.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Hides "The pass key is 71432" in a novel at a depth from 0 (the beginning) to 1 and asks for it at the end.

    benchmarks/accuracy/passkey.py --lengths=1024,2048,4096 --samples=2 --results=benchmarks/results

The text before the question goes through dense attention; the question and the answer are decoded through each method. A prompt is
answered where every token of the number is the likeliest one, which is what greedy decoding would write. One prompt serves all
methods. A prompt of 8,192 tokens takes 80 seconds on two CPU cores, one of 1,024 takes 5.
"""

import argparse
import pathlib
import random
import sys
from typing import Any, Dict, List, Optional, Sequence, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / path) for path in ("runtime/python", "benchmarks/accuracy", "benchmarks/harness")]

import capture  # noqa: E402  (the path is set above)
import inputs  # noqa: E402
import perplexity  # noqa: E402
import records  # noqa: E402

LENGTHS, DEPTHS, BUDGETS = (1024, 2048, 4096), (0.1, 0.3, 0.5, 0.7, 0.9), (64,)
BEFORE = "There is a pass key hidden in the text below. Find it and remember it.\n\n"
NEEDLE = "\n\nThe pass key is {key}. Remember it. {key} is the pass key.\n\n"
QUESTION = "\n\nWhat is the pass key? The pass key is"


def wilson(correct: int, count: int) -> Tuple[float, float]:
    """The 95 % interval of a share."""
    z, share = 1.96, correct / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * ((share * (1 - share) + z * z / (4 * count)) / count) ** 0.5 / (1 + z * z / count)
    return middle - half, middle + half


def build(model: Any, filler: Sequence[int], length: int, depth: float, key: str) -> Tuple[List[int], List[int], List[int]]:
    """Token ids of (the text, the question, the answer): `length` in all. Raises InputError where the filler is too short."""
    before, needle = model.encode(BEFORE), model.encode(NEEDLE.format(key=key), begin=False)
    question = model.encode(QUESTION, begin=False)
    # Together, since the space before a number may be of its first token.
    answer = model.encode(f"{QUESTION} {key}", begin=False)[len(question) :]
    room = length - len(before) - len(needle) - len(question) - len(answer)
    if not 0 <= room <= len(filler):
        raise inputs.InputError(f"--lengths: expected {length - room} to {length - room + len(filler)} tokens, but got {length}")
    place = int(room * depth)
    return [*before, *filler[:place], *needle, *filler[place:room]], question, answer


def answered(context: Any, method: Any, question: Sequence[int], answer: Sequence[int]) -> bool:
    """Whether greedy decoding after the question writes the answer."""
    import decoding

    ids = [*question, *answer[:-1]]
    hidden = decoding.decode(context, method, ids, context.length)
    likeliest = context.model.logits(hidden[len(question) - 1 :]).argmax(-1).tolist()
    return likeliest == list(answer)


def measure(arguments: argparse.Namespace) -> List[Dict[str, Any]]:
    """One record a length, depth, method and budget."""
    import decoding
    import torch
    from model import Model

    torch.set_num_threads(arguments.threads)
    source, model = inputs.MODELS[arguments.model], Model(inputs.model_file(arguments.model))
    _, text, _ = inputs.novel(arguments.novel)
    filler = model.encode(text[capture.SKIP : capture.SKIP + 16 * max(arguments.lengths)], begin=False)
    cases = [(name, budget) for name in arguments.methods for budget in (arguments.budgets if name != decoding.DENSE else [None])]
    prompts = [(length, depth, sample) for length in arguments.lengths for depth in arguments.depths for sample in range(arguments.samples)]
    lengths, depths = (",".join(map(str, values)) for values in (arguments.lengths, arguments.depths))
    command = f"benchmarks/accuracy/passkey.py --model={arguments.model} --lengths={lengths} --depths={depths} --samples={arguments.samples}"
    common = {
        "suite": "passkey", "device": records.cpu_name(), "commit": records.commit(), "command": command,
        "date": arguments.date, "model": source.title, "novel": arguments.novel, "dense_layers": arguments.dense_layers,
        "samples": arguments.samples,
    }
    correct: Dict[Tuple[Any, ...], int] = {}
    bar = records.progress(len(prompts), "passkey, prompts")
    for length, depth, sample in prompts:
        bar.set_postfix_str(f"{length} tokens, depth {depth}")
        key = str(random.Random(f"{length}/{depth}/{sample}").randrange(10000, 100000))
        prompt, question, answer = build(model, filler, length, depth, key)
        context = decoding.Context(model, length)
        context.prefill(prompt)
        for name, budget in cases:
            method = decoding.method_over(context, name, budget or 0, arguments.dense_layers)
            cell = (length, depth, name, budget)
            correct[cell] = correct.get(cell, 0) + answered(context, method, question, answer)
        if arguments.results and sample == arguments.samples - 1:
            records.save(path_of(arguments), _rows(common, correct, arguments.samples))
        bar.update()
    bar.close()
    return _rows(common, correct, arguments.samples)


def _rows(common: Dict[str, Any], correct: Dict[Tuple[Any, ...], int], samples: int) -> List[Dict[str, Any]]:
    import decoding

    return [
        {**common, "method": name, "engine": decoding.engine(name), "budget": budget, "tokens": length, "depth": depth, "correct": right,
         "accuracy": round(right / samples, 4)}
        for (length, depth, name, budget), right in correct.items()
    ]


def path_of(arguments: argparse.Namespace) -> pathlib.Path:
    return arguments.results / f"passkey-{arguments.name or arguments.model}-{arguments.date}.json"


def _label(row: Dict[str, Any]) -> str:
    return row["method"] if row["budget"] is None else f"{row['method']}, k = {row['budget']}"


def print_rows(rows: List[Dict[str, Any]]) -> None:
    """Per cent answered of each length, over depths, and of all with the 95 % interval."""
    lengths = sorted({row["tokens"] for row in rows})
    lines = []
    for label in dict.fromkeys(map(_label, rows)):
        mine = [row for row in rows if _label(row) == label]
        line = [label]
        for length in lengths:
            cells = [row for row in mine if row["tokens"] == length]
            line.append(f"{100 * sum(r['correct'] for r in cells) / sum(r['samples'] for r in cells):.0f}")
        right, count = sum(r["correct"] for r in mine), sum(r["samples"] for r in mine)
        low, high = wilson(right, count)
        lines.append([*line, f"{100 * right / count:.0f} ({100 * low:.0f} to {100 * high:.0f}), n = {count}"])
    records.print_table(["pass keys found, %", *(f"{n:,} tokens" for n in lengths), "all"], lines)


def plot(rows: List[Dict[str, Any]], path: pathlib.Path) -> None:
    """A panel for each method: length across, depth down."""
    plt = records.pyplot()
    if plt is None:
        return
    labels = list(dict.fromkeys(map(_label, rows)))
    lengths, depths = sorted({row["tokens"] for row in rows}), sorted({row["depth"] for row in rows})
    columns = min(4, len(labels))
    lines = -(-len(labels) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(2.6 * columns, 2.3 * lines), squeeze=False)
    for spare in axes.flat[len(labels) :]:
        spare.set_visible(False)
    for label, axis in zip(labels, axes.flat):
        found = {(row["depth"], row["tokens"]): row["accuracy"] for row in rows if _label(row) == label}
        axis.imshow([[found.get((d, n), 0) for n in lengths] for d in depths], vmin=0, vmax=1, cmap="RdYlGn", aspect="auto")
        axis.set_xticks(range(len(lengths)), [f"{n // 1024}K" if n % 1024 == 0 else str(n) for n in lengths], fontsize=7)
        axis.set_yticks(range(len(depths)), [f"{d:g}" for d in depths], fontsize=7)
        axis.set_title(label.replace(", one selection", ",\none selection"), fontsize=7)
    axes[0][0].set_ylabel("depth", fontsize=8)
    records.save_plot(figure, path)


def _lengths(text: str) -> List[int]:
    if not all(part.isdigit() for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"expected numbers separated by commas, but got '{text}'")
    return [int(part) for part in text.split(",")]


def _depths(text: str) -> List[float]:
    try:
        depths = [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected numbers separated by commas, but got '{text}'") from None
    if not all(0 <= depth <= 1 for depth in depths):
        raise argparse.ArgumentTypeError(f"expected depths from 0 to 1, but got '{text}'")
    return depths


def parse_arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    perplexity.add_common(parser, BUDGETS)
    add = parser.add_argument
    add("--novel", choices=sorted(inputs.NOVELS), default="emma", help="where the key is hidden (default: %(default)s)")
    add("--lengths", type=_lengths, default=list(LENGTHS), help="tokens of a prompt with its answer (default: 1024,2048,4096)")
    add("--depths", type=_depths, default=list(DEPTHS), help="where the key lies, 0 to 1 (default: 0.1,0.3,0.5,0.7,0.9)")
    add("--samples", type=int, default=2, help="keys for each length and depth (default: %(default)s)")
    arguments = parser.parse_args(argv)
    if arguments.samples < 1:
        parser.error(f"--samples: expected at least 1, but got {arguments.samples}")
    return arguments


def main(argv: Optional[List[str]] = None) -> int:
    arguments = parse_arguments(argv)
    return perplexity.guarded("passkey.py", lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    rows = measure(arguments)
    print_rows(rows)
    if arguments.results:
        print(f"wrote {path_of(arguments)}")
        plot(rows, path_of(arguments).with_suffix(".svg"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
