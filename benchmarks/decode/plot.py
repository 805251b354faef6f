#!/usr/bin/env python3
# Draws a record of the GPU benchmark.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Three SVGs beside the record, a panel for each model (query heads, KV heads, sequences), all over the tokens of a sequence:

    -time.svg      microseconds of each method, of the fastest dense attention, and of a copy of the 2-bit codes
    -ratio.svg     how many times faster than dense attention
    -roofline.svg  time of a copy of the codes that are scanned, over the time of the step

Only steps of the main table are drawn: contiguous caches of equal lengths, one budget, one regime.

    benchmarks/decode/plot.py benchmarks/results/decode-gpu-h100-2026-11-24.json
"""

import argparse
import importlib.util
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cases  # noqa: E402  (the path is set above)
import records  # noqa: E402

# (module, policy): label, colour, line. One colour a module.
METHODS = {
    ("decode_l1", "per_query_head"): ("L1", "C0", "-"),
    ("decode_weighted", "per_query_head"): ("weighted", "C1", "-"),
    ("decode_two_pass", "per_query_head"): ("two-pass", "C2", "-"),
    ("decode_weighted", "per_kv_head"): ("weighted, a selection per KV head", "C1", "--"),
    ("decode_two_pass", "per_kv_head"): ("two-pass, a selection per KV head", "C2", "--"),
}
DENSE, FLOOR, COMPOSED = "dense, the fastest", "copy of the 2-bit codes", "composed of today's best parts"
OTHERS = {DENSE: ("black", "-"), FLOOR: ("gray", ":"), COMPOSED: ("C3", "-.")}
KINDS = {"time": "microseconds", "ratio": "dense time / step time", "roofline": "copy of the codes / step time"}
TWO_BITS = 2


def chosen(rows, budget, regime):
    """The steps that are drawn."""
    return [
        row for row in rows
        if records.is_step(row) and row["budget"] == budget and row.get("regime") == regime and not row.get("page_size")
        and not row.get("lengths") and (row["module"], row.get("policy")) in METHODS
    ]  # fmt: skip


def lines_of(rows, kind, budget=cases.BUDGET, regime="pdl_wait"):
    """{model: {label: [(tokens, value)]}} of one plot, ascending; models as (query heads, KV heads, sequences)."""
    plot = {}

    def add(row, label, value):
        if value is not None:
            model = tuple(row[name] for name in cases.SHAPE[:3])
            plot.setdefault(model, {}).setdefault(label, {})[row["tokens"]] = value

    for row in chosen(rows, budget, regime):
        label = METHODS[row["module"], row["policy"]][0]
        if kind == "time":
            add(row, DENSE, row.get("dense_us"))
            if row.get("copy_gbps"):
                add(row, FLOOR, records.code_bytes(row | {"module": "", "bits": TWO_BITS}) / row["copy_gbps"] / 1e3)
            add(row, label, row["time_us"])
        elif kind == "ratio":
            add(row, label, row.get("ratio"))
        else:
            add(row, label, row.get("roofline_fraction"))
    for row in rows:
        if kind == "time" and row.get("suite") == "gpu-composed" and row.get("budget") == budget and "time_us" in row:
            add(row, COMPOSED, row["time_us"])
    # A point says nothing about how a method grows.
    order = [*(label for label, _, _ in METHODS.values()), *OTHERS]
    return {
        model: {label: sorted(lines[label].items()) for label in order if len(lines.get(label, ())) > 1}
        for model, lines in plot.items()
        if any(len(points) > 1 for points in lines.values())
    }


def style_of(label):
    for name, color, line in METHODS.values():
        if name == label:
            return {"color": color, "linestyle": line, "marker": "o", "markersize": 4}
    color, line = OTHERS[label]
    return {"color": color, "linestyle": line}


def short(tokens):
    """1K, 128K, 1M."""
    for unit, letter in ((1 << 20, "M"), (1 << 10, "K")):
        if tokens % unit == 0:
            return f"{tokens // unit}{letter}"
    return str(tokens)


def title_of(model):
    query_heads, kv_heads, batch = model
    heads = f"{query_heads} heads" if query_heads == kv_heads else f"{query_heads} heads on {kv_heads}"
    return heads + (f", batch {batch}" if batch > 1 else "")


def draw(plot, kind, title, path):
    """Writes the plot of `kind` as SVG."""
    import matplotlib

    matplotlib.use("svg")
    # Without a salt and with a date the same figures would give another file every time.
    matplotlib.rcParams["svg.hashsalt"] = "adamas"
    import matplotlib.pyplot as plt

    columns = min(2, len(plot))
    rows = -(-len(plot) // columns)
    height, of_legend = 2.9 * rows + 0.9, 0.6  # inches
    figure, panels = plt.subplots(rows, columns, figsize=(4.6 * columns, height), squeeze=False)
    labels = {}
    for axes, (model, lines) in zip(panels.flat, plot.items()):
        for label, points in lines.items():
            labels[label] = axes.plot(*zip(*points), **style_of(label))[0]
        axes.set_xscale("log", base=2)
        tokens = sorted({tokens for points in lines.values() for tokens, _ in points})
        axes.set_xticks(tokens, [short(count) for count in tokens])
        axes.minorticks_off()
        if kind == "time":
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        else:
            axes.set_ylim(bottom=0)
        if kind == "ratio":
            axes.axhline(1, color="black", linewidth=0.8)
        if kind == "roofline":
            axes.set_ylim(top=1)
        axes.set_title(title_of(model), fontsize=10)
        axes.grid(alpha=0.3)
    for axes in panels.flat[len(plot) :]:
        axes.set_axis_off()
    for axes in panels[:, 0]:
        axes.set_ylabel(KINDS[kind])
    for axes in panels.flat[max(0, len(plot) - columns) : len(plot)]:  # the lowest of each column
        axes.set_xlabel("tokens")
    figure.suptitle(title, fontsize=10)
    figure.legend(labels.values(), labels, fontsize=8, loc="lower center", ncols=3)
    figure.tight_layout(rect=(0, of_legend / height, 1, 1))
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=pathlib.Path, help="a JSON file of benchmarks/decode/run.py")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the plots (default: that of the record)")
    parser.add_argument("--budget", type=int, default=cases.BUDGET, help="tokens selected (default: %(default)s)")
    parser.add_argument("--regime", choices=cases.REGIMES, default="pdl_wait", help="%(choices)s (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        rows = records.complete(records.read(options.record))
        plots = {kind: lines_of(rows, kind, options.budget, options.regime) for kind in KINDS}
        if not plots["time"]:
            raise ValueError(f"{options.record}: expected steps of k = {options.budget} and {options.regime} at two lengths or more, but got none")
        if importlib.util.find_spec("matplotlib") is None:
            raise ValueError("expected matplotlib, but it is not installed: pip install matplotlib")
        first = chosen(rows, options.budget, options.regime)[0]
        title = f"One decode step on {first['device']}, f16, D = 128, k = {options.budget}, L2-cold; {first.get('date')}"
        folder = options.out or options.record.parent
        folder.mkdir(parents=True, exist_ok=True)
        for kind, plot in plots.items():
            if plot:
                path = folder / f"{options.record.stem}-{kind}.svg"
                draw(plot, kind, title, path)
                print(f"wrote {path}")
        return 0
    except (OSError, ValueError) as error:
        print(f"plot.py: error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
