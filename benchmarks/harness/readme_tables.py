#!/usr/bin/env python3
# Writes the tables of README.md, benchmarks/README.md and benchmarks/H200.md from benchmarks/results, and checks that they still match.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A block between two comments is generated; what stands between them is replaced by --write and compared by --check:

    <!-- table: NAME -->            a table of figures: decode, scan, jit, linear, accuracy,
                                   accuracy-gemma3, of a GPU (gpu_tables.py) or of whole models
                                   (model_tables.py)
    <!-- end table -->

    <!-- source: PATH -->           the function of a module, word for word, as an example that doctest.py runs
    <!-- end source -->

Figures come from the newest record of a kind: benchmarks/results/decode-cpu-*.json (adamas-bench-decode),
benchmarks/results/decode-gpu-*.json (benchmarks/decode/run.py) and
benchmarks/results/accuracy-MODEL-*.json (benchmarks/accuracy/study.py). A table without a record says how to make one.
"""

import argparse
import functools
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gpu_tables  # noqa: E402  (the path is set above)
import model_tables  # noqa: E402
from figures import BUDGET, RESULTS, Problem, cell, markdown, missing, newest, origin, significant  # noqa: E402

FILES = ("README.md", "benchmarks/README.md", "benchmarks/H200.md")
BLOCK = re.compile(r"^<!-- (table|source): (\S+) -->\n(.*?)^<!-- end \1 -->$", re.DOTALL | re.MULTILINE)
# Method of adamas-bench-decode: its row, planes of codes that the scan reads, methods of the accuracy study.
STEPS = {
    "dense": ("dense attention, compiled by the same passes", 0, ()),
    "decode_l1": ("`decode_l1.mlir`, the paper's distance", 2, ("paper: L1, (-10, 0, 10)", "L1, quantiles")),
    "decode_weighted": ("`decode_weighted.mlir`, recommended", 2, ("weighted",)),
    "decode_two_pass": ("`decode_two_pass.mlir`", 1, ("two-pass",)),
    "torch_sdpa": ("PyTorch 2.15 `scaled_dot_product_attention`", 0, ()),
}
SCANS = {"scan_l1": "L1, 2 bits", "scan_weighted": "weighted, 2 bits", "scan_one_plane": "weighted, one plane of 4 bits"}


def bench_rows(root, wanted):
    record = newest(root, "decode-cpu-")
    rows = [row for row in record.rows if wanted(row)] if record else []
    return record, rows


BENCH = f"`build/bin/adamas-bench-decode --json=FILE` makes the record `{RESULTS}/decode-cpu-*.json`."


def mass_of(accuracy, names):
    """Mass that a step's thresholds keep at the budget of the benchmark."""
    found = {row["method"]: row["mass"] for row in accuracy.rows if row.get("budget") == BUDGET} if accuracy else {}
    return [found[name] for name in names if name in found]


def decode(root, page):
    record, rows = bench_rows(root, lambda row: "ratio" in row)
    if not rows:
        return missing(BENCH)
    accuracy = newest(root, "accuracy-smollm2-")
    columns = list(dict.fromkeys((cell(record, row, "dtype").lower(), cell(record, row, "threads")) for row in rows))
    by_key = {(row["method"], row["dtype"].lower(), row["threads"]): row for row in rows}
    several = len({threads for _, threads in columns}) > 1
    first, names = rows[0], list(dict.fromkeys([*STEPS, *(row["method"] for row in rows)]))
    head = ["one decode step", "bytes scanned a token"]
    for dtype, threads in columns:
        suffix = f"{dtype}, {threads} threads" if several else dtype
        head += [f"{suffix}, ms", "dense / step"]
    lines = []
    for name in (name for name in names if any(row["method"] == name for row in rows)):
        title, planes, studied = STEPS.get(name, (f"`{name}`", 0, ()))
        sizes = [planes * first["head_dim"] // 8] if planes else [4 * first["head_dim"], 8 * first["head_dim"]]
        line = [title, f"{sizes[0]}" if planes else " / ".join(f"{size:,}" for size in sizes)]
        for key in columns:
            row = by_key.get((name, *key))
            line += [significant(cell(record, row, "time_us") / 1e3), f"{row['ratio']:.{1 if row['ratio'] >= 1 else 2}f}x"] if row else ["", ""]
        masses = mass_of(accuracy, studied)
        lines.append([*line, "1" if name == "dense" else " to ".join(f"{mass:.2f}" for mass in masses)])
    text = (
        f"{first['query_heads']} heads of {first['head_dim']}, {first['tokens']:,} tokens, k = {first['budget']}, "
        f"batch {first['batch']}, on {first['device']}; {origin(record, first, page)}.\n\n"
    )
    return text + markdown([*head, f"mass kept at k = {BUDGET}"], lines)


def scan(root, page):
    record, rows = bench_rows(root, lambda row: "roofline_fraction" in row)
    if not rows:
        return missing(BENCH)
    first = rows[0]
    lines = [
        [
            SCANS.get(row["method"], f"`{row['method']}`"),
            row["threads"],
            significant(cell(record, row, "time_us") / 1e3),
            f"{cell(record, row, 'gb_s'):.1f}",
            f"{cell(record, row, 'read_gb_s'):.1f}",
            f"{row['roofline_fraction']:.0%}",
        ]
        for row in rows
    ]
    text = (
        f"{first['query_heads']} heads of {first['head_dim']}, {first['tokens']:,} tokens, on {first['device']}; "
        f"{origin(record, first, page)}.\n\n"
    )
    return text + markdown(["scan and selection", "threads", "ms", "codes, GB/s", "plain read, GB/s", "share"], lines)


def jit(root, page):
    record, rows = bench_rows(root, lambda row: str(row.get("method", "")).startswith("jit_"))
    if not rows:
        return missing(BENCH)
    stages = ("passes_ms", "translate_ms", "optimize_ms", "codegen_ms", "total_ms")
    lines = [[f"`{row['method'][4:]}.mlir`"] + [f"{cell(record, row, stage):.0f}" for stage in stages] for row in rows]
    text = f"Text to callable, ms, on {rows[0]['device']}; {origin(record, rows[0], page)}.\n\n"
    return text + markdown(["module", "passes", "to LLVM IR", "optimize", "machine code", "total"], lines)


def linear(root, page):
    record, rows = bench_rows(root, lambda row: "ways" in row)
    if not rows:
        return missing(BENCH)
    methods = list(dict.fromkeys(row["method"] for row in rows))
    times = {(row["tokens"], row["method"]): cell(record, row, "time_us") for row in rows}
    lines = []
    for tokens in sorted({row["tokens"] for row in rows}):
        line = [f"{tokens:,}"]
        for method in methods:
            time = times.get((tokens, method))
            line.append("" if time is None else f"{significant(time)} ({significant(time * 1e3 / tokens)})")
        lines.append(line)
    first = rows[0]
    text = (
        f"Microseconds of a step (nanoseconds a token); {first['query_heads']} query heads on {first['kv_heads']} KV head of "
        f"{first['head_dim']}, k = {first['budget']}, on {first['device']}; {origin(record, first, page)}.\n\n"
    )
    return text + markdown(["tokens", *(f"`{method}`" for method in methods)], lines)


def accuracy(model, root, page):
    record = newest(root, f"accuracy-{model}-")
    if not record:
        return missing(f"`benchmarks/accuracy/study.py --model={model} --results={RESULTS}` makes the record.")
    rows, first = record.rows, record.rows[0]
    budgets = sorted({cell(record, row, "budget") for row in rows})
    by_key = {(row["method"], row["budget"]): row for row in rows}
    lines = []
    for name in dict.fromkeys(row["method"] for row in rows):
        known = [row for row in rows if row["method"] == name]
        line = [name, known[0]["bytes_a_token"] or "-"]
        for budget in budgets:
            row = by_key.get((name, budget))
            line.append(f"{cell(record, row, 'mass'):.3f} / {cell(record, row, 'error'):.3f}" if row else "")
        lines.append(line)
    text = (
        f"{first['model']}; {first['text']}; {first['tokens']:,} tokens, "
        f"layers {', '.join(map(str, first['layers']))}, all heads, {first['positions']} positions of the second half; {origin(record, first, page)}.\n\n"
    )
    return text + markdown(["selection", "bytes a token", *(f"k = {budget}" for budget in budgets)], lines)


TABLES = gpu_tables.TABLES | model_tables.TABLES | {
    "decode": decode, "scan": scan, "jit": jit, "linear": linear, "accuracy": functools.partial(accuracy, "smollm2"),
    "accuracy-gemma3": functools.partial(accuracy, "gemma3"),
}  # fmt: skip


def source(root, path):
    """The functions of a module, without the comments above them."""
    try:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise Problem(f"{path}: expected a module, but {error.strerror}") from error
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("//")]
    return "<!-- doctest: -->\n```mlir\n" + "\n".join(lines) + "\n```\n"


def generate(root, page, kind, name):
    if kind == "source":
        return source(root, name)
    if name not in TABLES:
        raise Problem(f"{page}: expected a table of {', '.join(TABLES)}, but got '{name}'")
    return TABLES[name](root, page)


def render(root, page, text):
    """`text`, the content of the file `page`, with every block made anew; also the names of the blocks."""
    names = []

    def replace(match):
        kind, name = match.group(1), match.group(2)
        names.append(name)
        return f"<!-- {kind}: {name} -->\n{generate(root, page, kind, name)}<!-- end {kind} -->"

    result = BLOCK.sub(replace, text)
    opened = len(re.findall(r"(?m)^<!-- (?:table|source): ", text))
    if opened != len(names):
        raise Problem(f"{page}: expected an end comment for each of {opened} blocks, but found {len(names)}")
    return result, names


def main(arguments=None):
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="write the blocks")
    mode.add_argument("--check", action="store_true", help="exit with 1 where a block is not what --write would write")
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)), help="tree to work on")
    options = parser.parse_args(arguments)
    count, stale = 0, 0
    try:
        for page in FILES:
            path = os.path.join(options.root, page)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            result, names = render(options.root, page, text)
            count += len(names)
            if result == text:
                continue
            stale += 1
            if options.write:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(result)
            print(f"{page}: {'written' if options.write else 'out of date: run benchmarks/harness/readme_tables.py --write'}")
    except (Problem, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(f"readme tables: {count} blocks, {stale} files {'changed' if options.write else 'out of date'}")
    return 1 if options.check and (stale or not count) else 0


if __name__ == "__main__":
    sys.exit(main())
