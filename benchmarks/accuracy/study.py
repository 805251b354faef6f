#!/usr/bin/env python3
# Measures how well each method selects tokens on a real model's own queries and keys.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention mass captured, relative output error and recall of every method, beside exact top-k, Quest and sinks + recent.

Every selection is computed by the NumPy reference itself (runtime/python/adamas/reference), so the figures hold for every
backend that passes its tests. Thresholds are calibrated on the first half of the tokens, queries are of the second half.

Without --data the captures of a model (--model; 8,192 tokens; of SmolLM2-135M-Instruct ten layers and 64 positions, of Gemma 3
270M the three layers that see all tokens and 96; see capture.py) are taken from the cache, or made there first, which needs
PyTorch. With --data any captured files are measured, with NumPy alone:

    benchmarks/accuracy/study.py --data test/data/smollm2_layer.safetensors

Writes accuracy-NAME-DATE.json (one record a method and budget) and, where matplotlib is installed, a plot of the same name.
"""

import argparse
import concurrent.futures
import datetime
import os
import pathlib
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / path) for path in ("runtime/python", "benchmarks/accuracy", "benchmarks/harness")]

import numpy as np  # noqa: E402  (the path is set above)
from adamas import reference  # noqa: E402

import capture  # noqa: E402
import inputs  # noqa: E402
import records as harness  # noqa: E402

BUDGETS = (64, 128, 256, 512)
TOKENS = 8192
POSITIONS = {"smollm2": 64, "gemma3": 96}


class Method(NamedTuple):
    """One row of the table. thresholds: paper, quantile, quantile-own (each side its own), uniform; ratio: candidates / k."""

    metric: str
    bits: int = 0
    thresholds: str = ""
    policy: str = "per_query_head"
    sink: int = 0
    ratio: int = 0


METHODS = {
    "exact top-k": Method("exact"),
    "paper: L1, (-10, 0, 10)": Method("l1", 2, "paper"),
    "L1, quantiles of keys": Method("l1", 2, "quantile"),
    "L1, quantiles": Method("l1", 2, "quantile-own"),
    "L1, quantiles, 3 bits": Method("l1", 3, "quantile-own"),
    "weighted, 1 bit": Method("weighted", 1, "uniform"),
    "weighted": Method("weighted", 2, "uniform"),
    "weighted, 3 bits": Method("weighted", 3, "uniform"),
    "weighted, 4 bits": Method("weighted", 4, "uniform"),
    "two-pass": Method("two_pass", 4, "uniform", sink=4, ratio=8),
    "two-pass, 4 k candidates": Method("two_pass", 4, "uniform", sink=4, ratio=4),
    "weighted, one selection per KV head": Method("weighted", 2, "uniform", "per_kv_head"),
    "Quest, page 16": Method("quest"),
    "4 sinks + recent": Method("sink_recent", sink=4),
}
# Mass and error at k = 64, 128, 256, 512 of the first study of a model: other code (PyTorch), another choice of positions.
EXPECTED = {
    "smollm2": {
        "exact top-k": ((0.83, 0.19), (0.88, 0.12), (0.93, 0.07), (0.96, 0.04)),
        "paper: L1, (-10, 0, 10)": ((0.62, 0.53), (0.70, 0.39), (0.78, 0.28), (0.85, 0.17)),
        "L1, quantiles of keys": ((0.67, 0.48), (0.74, 0.35), (0.81, 0.24), (0.88, 0.15)),
        "L1, quantiles": ((0.70, 0.43), (0.77, 0.30), (0.83, 0.20), (0.89, 0.12)),
        "L1, quantiles, 3 bits": ((0.71, 0.41), (0.78, 0.29), (0.84, 0.20), (0.90, 0.12)),
        "weighted, 1 bit": ((0.70, 0.42), (0.77, 0.30), (0.83, 0.20), (0.89, 0.12)),
        "weighted": ((0.79, 0.25), (0.85, 0.17), (0.90, 0.10), (0.94, 0.06)),
        "weighted, 3 bits": ((0.82, 0.20), (0.87, 0.13), (0.92, 0.08), (0.95, 0.05)),
        "weighted, 4 bits": ((0.83, 0.19), (0.88, 0.13), (0.92, 0.08), (0.96, 0.04)),
        "two-pass": ((0.82, 0.21), (0.87, 0.14), (0.92, 0.08), (0.96, 0.04)),
        "two-pass, 4 k candidates": ((0.79, 0.25), (0.86, 0.16), (0.91, 0.09), (0.95, 0.05)),
        "weighted, one selection per KV head": ((0.76, 0.31), (0.82, 0.21), (0.87, 0.14), (0.92, 0.09)),
        "Quest, page 16": ((0.49, 0.89), (0.59, 0.63), (0.70, 0.42), (0.81, 0.24)),
        "4 sinks + recent": ((0.58, 0.77), (0.63, 0.63), (0.68, 0.46), (0.75, 0.31)),
    },
    # Without what was another method then: one bit and two passes had other sinks, Quest the newest page for the newest token.
    "gemma3": {
        "exact top-k": ((0.73, 0.27), (0.79, 0.20), (0.84, 0.14), (0.89, 0.09)),
        "paper: L1, (-10, 0, 10)": ((0.21, 1.52), (0.27, 1.15), (0.35, 0.88), (0.43, 0.72)),
        "L1, quantiles": ((0.31, 1.14), (0.37, 0.89), (0.46, 0.67), (0.57, 0.48)),
        "weighted": ((0.61, 0.41), (0.68, 0.32), (0.75, 0.24), (0.82, 0.17)),
        "weighted, 3 bits": ((0.67, 0.33), (0.74, 0.25), (0.80, 0.18), (0.86, 0.12)),
        "weighted, 4 bits": ((0.71, 0.29), (0.76, 0.22), (0.82, 0.16), (0.87, 0.11)),
        "4 sinks + recent": ((0.43, 0.68), (0.47, 0.59), (0.51, 0.49), (0.57, 0.39)),
    },
}


def bytes_a_token(method, size):
    """Bytes of key codes that the scan reads for a token of one KV head; Quest's are its page bounds spread over the page."""
    planes = {"l1": method.bits, "weighted": method.bits, "two_pass": 1}.get(method.metric, 0)
    return 2 * 2 * size // 16 if method.metric == "quest" else size * planes // 8


def calibrate(tensors, method):
    """Thresholds and offset for one method from the first half of the captured keys."""
    rule = {"quantile-own": "quantile"}.get(method.thresholds, method.thresholds)
    result = reference.calibrate(tensors["key"], rule, method.bits)
    if method.thresholds == "quantile-own":
        result["query_thresholds"] = tensors[f"query_quantiles_{method.bits}"]
    return result


def select(tensors, visible, method, budget):
    """Indices int32 [P, 1, Hs, k] of one method."""
    query, key = tensors["query"][:, None], tensors["key"]
    if method.metric == "exact":
        return reference.exact_topk(query, key, visible, budget)[0]
    if method.metric == "quest":
        return reference.quest(query, key, visible, budget)[0]
    if method.metric == "sink_recent":
        return reference.sink_recent(visible, query.shape[2], budget, method.sink)[0]
    step = reference.decode(
        query, key, tensors["value"], tensors["seq_lens"], method.metric, method.bits, budget, method.policy,
        method.sink, first_ratio=method.ratio or 8, **calibrate(tensors, method),
    )  # fmt: skip
    return step["indices"]


def measure(path, names, budgets):
    """{(name, budget): (mass, error, recall)} of one captured layer, means over positions and heads."""
    tensors, _ = reference.safetensors.load(path)
    query, key, value = tensors["query"][:, None], tensors["key"], tensors["value"]
    visible = reference.visible_lengths(tensors["seq_lens"], 1, len(query), key.shape[2])
    dense = reference.dense_attention(query, key, value, visible)
    exact, result = {}, {}
    for budget in budgets:
        for name in names:
            method = METHODS[name]
            # Recall counts against the exact top-k that was given the same forced tokens.
            sink = 0 if method.metric == "sink_recent" else method.sink
            if (budget, sink) not in exact:
                exact[budget, sink] = reference.exact_topk(query, key, visible, budget, sink)[0]
            indices = select(tensors, visible, method, budget)
            sparse = reference.sparse_attention(query, key, value, indices)
            result[name, budget] = (
                float(reference.mass(sparse, dense).mean()),
                float(reference.output_error(sparse.output, dense).mean()),
                float(reference.recall(indices, exact[budget, sink]).mean()),
            )
    return result


def default_captures(model):
    """The layers of the study in the cache; captures what is absent."""
    folder = inputs.cache_dir() / f"{model}-{TOKENS}-{POSITIONS[model]}"
    paths = [folder / f"layer_{layer}.safetensors" for layer in capture.STUDY_LAYERS[model].split(",")]
    if not all(path.exists() for path in paths):
        arguments = [f"--model={model}", f"--tokens={TOKENS}", f"--positions={POSITIONS[model]}", f"--out={folder}/layer_{{layer}}.safetensors"]
        if capture.main(arguments):
            raise inputs.InputError("expected a capture of the model, but it failed (see above)")
    return paths


def run_layers(paths, names, budgets, jobs):
    """Means over layers of `measure`, with a progress bar."""
    total = {}
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        tasks = [pool.submit(measure, path, names, budgets) for path in paths]
        capture.progress(0, len(paths), "layer")
        for done, task in enumerate(concurrent.futures.as_completed(tasks), 1):
            task.result()
            capture.progress(done, len(paths), "layer")
    results = [task.result() for task in tasks]
    for key in results[0]:
        total[key] = tuple(sum(r[key][i] for r in results) / len(results) for i in range(3))
    return total


def records(paths, result, date, command):
    """The result as a list of flat records, as all of benchmarks/results is."""
    tensors, metadata = reference.safetensors.load(paths[0])
    layers = [int(reference.safetensors.load(path)[1].get("layer", -1)) for path in paths]
    common = {
        "device": harness.cpu_name(),
        "commit": harness.commit(),
        "command": command,
        "date": date,
        "model": metadata.get("model", "unknown"),
        "text": metadata.get("text", "unknown"),
        "layers": layers,
        "tokens": tensors["key"].shape[2],
        "positions": len(tensors["query"]),
    }
    rows = []
    for (name, budget), (mass, error, recall) in sorted(result.items(), key=lambda row: list(METHODS).index(row[0][0])):
        method = METHODS[name]
        rows.append(
            {
                **common,
                "method": name,
                "metric": method.metric,
                "bits": method.bits,
                "policy": method.policy,
                "sink": method.sink,
                "bytes_a_token": bytes_a_token(method, tensors["query"].shape[2]),
                "budget": budget,
                "mass": round(mass, 4),
                "error": round(error, 4),
                "recall": round(recall, 4),
            }
        )
    return rows


def print_table(rows, budgets):
    width = max(len(name) for name in METHODS) + 2
    print(f"{'mass / error / recall':{width}}" + "".join(f"{'k = ' + str(k):>24}" for k in budgets))
    for name in dict.fromkeys(row["method"] for row in rows):
        cells = {row["budget"]: row for row in rows if row["method"] == name}
        print(f"{name:{width}}" + "".join("{mass:>12.3f} {error:5.3f} {recall:5.3f}".format(**cells[k]) for k in budgets))


def print_differences(rows, expected):
    """Compares with the first study; returns how many figures of mass are more than 0.02 off."""
    off = compared = 0
    for row in rows:
        if row["budget"] not in BUDGETS or row["method"] not in expected:
            continue
        compared += 1
        mass, error = expected[row["method"]][BUDGETS.index(row["budget"])]
        if abs(row["mass"] - mass) > 0.02:
            off += 1
            print(f"{row['method']}, k = {row['budget']}: expected a mass of {mass}, but got {row['mass']:.3f}")
        elif abs(row["error"] - error) > 0.02:
            print(f"{row['method']}, k = {row['budget']}: the error was {error} and is {row['error']:.3f}")
    print(f"{compared} figures compared with the first study, {off} of them more than 0.02 of mass off")
    return off


def plot(rows, path):
    """Mass against budget as SVG; says so and does nothing where matplotlib is absent."""
    plt = harness.pyplot()
    if plt is None:
        return
    shown = ["exact top-k", "two-pass", "weighted", "L1, quantiles", "paper: L1, (-10, 0, 10)", "Quest, page 16", "4 sinks + recent"]
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for name in shown:
        points = [(row["budget"], row["mass"]) for row in rows if row["method"] == name]
        style = {"color": "black", "linestyle": "--"} if name == "exact top-k" else {}
        if points:
            axes.plot(*zip(*points), marker="o", markersize=4, label=name, **style)
    axes.set_xscale("log", base=2)
    budgets = sorted({row["budget"] for row in rows})
    axes.set_xticks(budgets, [str(k) for k in budgets])
    axes.set_xlabel(f"tokens kept, of {rows[0]['tokens']:,}")
    axes.set_ylabel("attention mass captured")
    axes.set_title(f"{rows[0]['model'].partition(',')[0]}, {len(rows[0]['layers'])} layer(s), all heads", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    harness.save_plot(figure, path)


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=sorted(POSITIONS), default="smollm2", help="whose captures are taken (default: %(default)s)")
    parser.add_argument("--data", nargs="+", type=pathlib.Path, help="captured files, one a layer (default: the model's, from the cache)")
    parser.add_argument("--methods", default="all", help="names from the table, separated by ';' (default: %(default)s)")
    parser.add_argument("--budgets", default=",".join(map(str, BUDGETS)), help="tokens kept (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="layers measured at a time (default: %(default)s)")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="date of the record (default: today)")
    parser.add_argument("--name", help="name of the record (default: the model)")
    parser.add_argument("--results", type=pathlib.Path, help="folder for the record and the plot (default: none is written)")
    arguments = parser.parse_args(argv)
    arguments.methods = list(METHODS) if arguments.methods == "all" else [x.strip() for x in arguments.methods.split(";")]
    unknown = [name for name in arguments.methods if name not in METHODS]
    if unknown:
        parser.error(f"--methods: expected some of {'; '.join(METHODS)}, but got '{unknown[0]}'")
    try:
        arguments.budgets = [int(k) for k in arguments.budgets.split(",")]
    except ValueError:
        parser.error(f"--budgets: expected numbers separated by commas, but got '{arguments.budgets}'")
    if min(arguments.budgets) < 5:
        parser.error(f"--budgets: expected at least 5 (4 sinks and a recent token), but got {min(arguments.budgets)}")
    if arguments.jobs < 1:
        parser.error(f"--jobs: expected at least 1, but got {arguments.jobs}")
    return arguments


def main(argv=None):
    arguments = parse_arguments(argv)
    try:
        paths = arguments.data or default_captures(arguments.model)
        result = run_layers(paths, arguments.methods, arguments.budgets, arguments.jobs)
        which = " --data ..." if arguments.data else "" if arguments.model == "smollm2" else f" --model={arguments.model}"
        rows = records(paths, result, arguments.date, f"benchmarks/accuracy/study.py{which}")
        print_table(rows, arguments.budgets)
        if arguments.results:
            path = arguments.results / f"accuracy-{arguments.name or arguments.model}-{arguments.date}.json"
            harness.save(path, rows)
            print(f"wrote {path}")
            plot(rows, path.with_suffix(".svg"))
        return 1 if not arguments.data and print_differences(rows, EXPECTED[arguments.model]) else 0
    except (inputs.InputError, OSError, ValueError, KeyError) as error:
        print(f"study.py: error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
