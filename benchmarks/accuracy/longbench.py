#!/usr/bin/env python3
# Answers questions of files in LongBench's format with each method, and scores them by the benchmark's metrics.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A runner for LongBench: lines of JSON in, scores out. The data sets are the user's; a tiny sample is in this folder.

    benchmarks/accuracy/longbench.py --data hotpotqa.jsonl trec.jsonl --budgets=128 --results=benchmarks/results
    benchmarks/accuracy/longbench.py --budgets=64                       # longbench_sample.jsonl

A line has the benchmark's fields: input, context, answers (a list), dataset, all_classes (or null); "metric" (f1, rouge_l, accuracy,
retrieval or count) only where the dataset is none of the benchmark's. Prompts follow the benchmark's. A prompt that is longer than
--max-tokens loses its middle, as there. The prompt goes through dense attention, the answer is decoded greedily through each method.
"""

import argparse
import json
import pathlib
import sys
from typing import Any, Dict, List, Optional, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / path) for path in ("runtime/python", "benchmarks/accuracy", "benchmarks/harness")]

import inputs  # noqa: E402  (the path is set above)
import metrics  # noqa: E402
import perplexity  # noqa: E402
import records  # noqa: E402

SAMPLE = pathlib.Path(__file__).resolve().parent / "longbench_sample.jsonl"
BUDGETS = (64,)
_QA = (
    "Answer the question based on the given passages. Only give me the answer and do not output any other words.\n\nThe following are "
    "given passages.\n{context}\n\nAnswer the question based on the given passages. Only give me the answer and do not output any other "
    "words.\n\nQuestion: {input}\nAnswer:"
)
# The benchmark's prompt and the longest answer, in tokens, of a dataset.
PROMPTS: Dict[str, Tuple[str, int]] = {
    "narrativeqa": (
        "You are given a story, which can be either a novel or a movie script, and a question. Answer the question asconcisely as you can, "
        "using a single phrase if possible. Do not provide any explanation.\n\nStory: {context}\n\nNow, answer the question based on the "
        "story asconcisely as you can, using a single phrase if possible. Do not provide any explanation.\n\nQuestion: {input}\n\nAnswer:",
        128,
    ),
    "qasper": (
        "You are given a scientific article and a question. Answer the question as concisely as you can, using a single phrase or "
        "sentence if "
        "possible. If the question cannot be answered based on the information in the article, write \"unanswerable\". If the "
        "question is a "
        "yes/no question, answer \"yes\", \"no\", or \"unanswerable\". Do not provide any explanation.\n\nArticle: {context}\n\n "
        "Answer the "
        "question based on the above article as concisely as you can, using a single phrase or sentence if possible.\n\nQuestion: {input}"
        "\n\nAnswer:",
        128,
    ),
    "multifieldqa_en": (
        "Read the following text and answer briefly.\n\n{context}\n\nNow, answer the following question based on the above text, only give "
        "me the answer and do not output any other words.\n\nQuestion: {input}\nAnswer:",
        64,
    ),
    "hotpotqa": (_QA, 32), "2wikimqa": (_QA, 32), "musique": (_QA, 32),
    "gov_report": (
        "You are given a report by a government agency. Write a one-page summary of the report.\n\nReport:\n{context}\n\nNow, write a "
        "one-page summary of the report.\n\nSummary:",
        512,
    ),
    "qmsum": (
        "You are given a meeting transcript and a query containing a question or instruction. Answer the query in one or more "
        "sentences.\n\n"
        "Transcript:\n{context}\n\nNow, answer the query based on the above meeting transcript in one or more sentences.\n\nQuery: {input}"
        "\nAnswer:",
        512,
    ),
    "multi_news": (
        "You are given several news passages. Write a one-page summary of all news. \n\nNews:\n{context}\n\nNow, write a one-page summary "
        "of all the news.\n\nSummary:",
        512,
    ),
    "trec": (
        "Please determine the type of the question below. Here are some examples of questions.\n\n{context}\n{input}",
        64,
    ),
    "triviaqa": (
        "Answer the question based on the given passage. Only give me the answer and do not output any other words. The following are some "
        "examples.\n\n{context}\n\n{input}",
        32,
    ),
    "samsum": ("Summarize the dialogue into a few short sentences. The following are some examples.\n\n{context}\n\n{input}", 128),
    "passage_retrieval_en": (
        "Here are 30 paragraphs from Wikipedia, along with an abstract. Please determine which paragraph the abstract is from.\n\n{context}"
        "\n\nThe following is an abstract.\n\n{input}\n\nPlease enter the number of the paragraph that the abstract is from. The answer "
        'format must be like "Paragraph 1", "Paragraph 2", etc.\n\nThe answer is: ',
        32,
    ),
}
PROMPTS["passage_count"] = (
    "There are some paragraphs below sourced from Wikipedia. Some of them may be duplicates. Please carefully read these paragraphs and "
    "determine how many unique paragraphs there are after removing duplicates. In other words, how many non-repeating paragraphs "
    "are there in "
    "total?\n\n{context}\n\nPlease enter the final count of unique paragraphs after removing duplicates. The output format should only "
    "contain the number, such as 1, 2, 3, and so on.\n\nThe final answer is: ",
    32,
)
GENERAL = ("{context}\n\nQuestion: {input}\nAnswer:", 64)


def read(path: pathlib.Path) -> List[Dict[str, Any]]:
    """The items of a file. Raises InputError that names the line."""
    items = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except json.JSONDecodeError as error:
            raise inputs.InputError(f"{path}:{number}: expected a line of JSON, but {error}") from None
        for name, kind in (("input", str), ("context", str), ("answers", list)):
            if not isinstance(item, dict) or not isinstance(item.get(name), kind):
                raise inputs.InputError(f"{path}:{number}: expected the field '{name}', a {kind.__name__}, but there is none")
        if not item["answers"]:
            raise inputs.InputError(f"{path}:{number}: expected at least one answer, but got none")
        item.setdefault("dataset", path.stem)
        known = metrics.DATASETS.get(item["dataset"])
        item["metric"] = item.get("metric") or known
        if item["metric"] not in metrics.SCORES:
            raise inputs.InputError(
                f"{path}:{number}: expected a dataset of {', '.join(metrics.DATASETS)}, or a metric of "
                f"{', '.join(metrics.SCORES)}, but got '{item['dataset']}' and '{item['metric']}'"
            )
        if item["metric"] == "accuracy" and not item.get("all_classes"):
            raise inputs.InputError(f"{path}:{number}: expected all_classes, which accuracy needs, but got none")
        items.append(item)
    if not items:
        raise inputs.InputError(f"{path}: expected items, but it has none")
    return items


def prompt_ids(model: Any, item: Dict[str, Any], max_tokens: int) -> Tuple[List[int], int]:
    """(token ids, longest answer); of a prompt that is too long the middle is cut out, as the benchmark does."""
    template, longest = PROMPTS.get(item["dataset"], GENERAL)
    ids = model.encode(template.format(context=item["context"], input=item["input"]))
    room = max_tokens - longest
    return (ids if len(ids) <= room else ids[: room // 2] + ids[len(ids) - (room - room // 2) :]), longest


def generate(context: Any, method: Any, likeliest: int, longest: int, stop: Any) -> str:
    """Greedy text after the context's prompt, whose next token is `likeliest` by dense attention in all methods. Ends at a line's end."""
    import decoding

    ids, first = [likeliest], context.length
    while len(ids) < longest:
        hidden = decoding.decode(context, method, ids[-1:], first + len(ids) - 1)
        ids.append(int(context.model.logits(hidden)[0].argmax()))
        if stop(ids):
            break
    return str(context.model.tokenizer.decode(ids))


def measure(arguments: argparse.Namespace) -> List[Dict[str, Any]]:
    """One record a dataset, method and budget."""
    import decoding
    import torch
    from model import Model

    torch.set_num_threads(arguments.threads)
    items = [item for path in arguments.data for item in read(path)]
    source, model = inputs.MODELS[arguments.model], Model(inputs.model_file(arguments.model))
    cases = [(name, budget) for name in arguments.methods for budget in (arguments.budgets if name != decoding.DENSE else [None])]
    limit = min(arguments.max_tokens, model.context)
    scores: Dict[Tuple[str, str, str, Optional[int]], List[float]] = {}
    bar = records.progress(len(items), "longbench, items")
    for item in items:
        ids, longest = prompt_ids(model, item, limit)
        longest = min(longest, arguments.max_answer)
        context = decoding.Context(model, len(ids) + longest)
        likeliest = int(model.logits(context.prefill(ids))[0].argmax())
        stop = _stop(model, item["metric"])
        for name, budget in cases:
            method = decoding.method_over(context, name, budget or 0, arguments.dense_layers)
            text = generate(context, method, likeliest, longest, stop)
            value = metrics.score(item["dataset"], item["metric"], text, item["answers"], item.get("all_classes") or [])
            scores.setdefault((item["dataset"], item["metric"], name, budget), []).append(value)
            if arguments.show:
                print(f"{item['dataset']}, {name}, k = {budget}: {value:.2f} {text!r}")
        bar.update()
    bar.close()
    common = {
        "suite": "longbench", "device": records.cpu_name(), "commit": records.commit(), "command": "benchmarks/accuracy/longbench.py",
        "date": arguments.date, "model": source.title, "files": [path.name for path in arguments.data],
        "dense_layers": arguments.dense_layers, "max_tokens": limit,
    }
    return [
        {**common, "dataset": dataset, "metric": metric, "method": name, "engine": decoding.engine(name), "budget": budget,
         "items": len(values), "score": round(sum(values) / len(values), 4)}
        for (dataset, metric, name, budget), values in scores.items()
    ]


def _stop(model: Any, metric: str) -> Any:
    """Answers but summaries end with their line; all end with the model's token for it."""
    ends = {model.tokenizer.token_to_id(name) for name in ("<|im_end|>", "<|endoftext|>", "<eos>", "<end_of_turn>")} - {None}
    return lambda ids: ids[-1] in ends or (metric != "rouge_l" and len(ids) > 1 and "\n" in model.tokenizer.decode(ids[-1:]))


def print_rows(rows: List[Dict[str, Any]]) -> None:
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    lines = []
    for label in dict.fromkeys((row["method"], row["budget"]) for row in rows):
        found = {row["dataset"]: row["score"] for row in rows if (row["method"], row["budget"]) == label}
        mean = sum(found.values()) / len(found)
        name = label[0] if label[1] is None else f"{label[0]}, k = {label[1]}"
        lines.append([name, *(f"{100 * found[d]:.1f}" if d in found else "" for d in datasets), f"{100 * mean:.1f}"])
    metric = {row["dataset"]: row["metric"] for row in rows}
    records.print_table(["score of 100", *(f"{d} ({metric[d]})" for d in datasets), "mean"], lines)


def plot(rows: List[Dict[str, Any]], path: pathlib.Path) -> None:
    """Bars of the mean score of each method."""
    plt = records.pyplot()
    if plt is None:
        return
    labels = list(dict.fromkeys((row["method"], row["budget"]) for row in rows))
    means = []
    for label in labels:
        values = [row["score"] for row in rows if (row["method"], row["budget"]) == label]
        means.append(100 * sum(values) / len(values))
    figure, axes = plt.subplots(figsize=(7, 0.32 * len(labels) + 1))
    axes.barh(range(len(labels)), means, color=["black" if budget is None else "tab:blue" for _, budget in labels])
    axes.set_yticks(range(len(labels)), [name if budget is None else f"{name}, k = {budget}" for name, budget in labels], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("mean score over data sets, of 100")
    axes.set_title(rows[0]["model"], fontsize=10)
    records.save_plot(figure, path)


def parse_arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    perplexity.add_common(parser, BUDGETS)
    add = parser.add_argument
    add("--data", nargs="+", type=pathlib.Path, default=[SAMPLE], help="files of JSON lines (default: the sample in this folder)")
    add("--max-tokens", type=int, default=8192, help="of prompt and answer (default: %(default)s)")
    add("--max-answer", type=int, default=512, help="tokens of an answer at most (default: the benchmark's own)")
    add("--show", action="store_true", help="print every answer")
    arguments = parser.parse_args(argv)
    for name, low in (("max_tokens", 1024), ("max_answer", 1)):
        if getattr(arguments, name) < low:
            parser.error(f"--{name.replace('_', '-')}: expected at least {low}, but got {getattr(arguments, name)}")
    return arguments


def main(argv: Optional[List[str]] = None) -> int:
    arguments = parse_arguments(argv)
    return perplexity.guarded("longbench.py", lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    rows = measure(arguments)
    print_rows(rows)
    if arguments.results:
        path = arguments.results / f"longbench-{arguments.name or arguments.model}-{arguments.date}.json"
        records.save(path, rows)
        print(f"wrote {path}")
        plot(rows, path.with_suffix(".svg"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
