# Tables of decode steps on a GPU, from the records of benchmarks/decode/run.py.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The main table (`gpu`), and what stands beside it in benchmarks/README.md: where the time goes, lengths from which on a step is
faster than dense attention, other budgets, regimes and pages, long and unequal sequences. A NAME-h200 is NAME of the H200's record;
the others are of the H100's. Steps are contiguous, k = 128, regime pdl_wait, one length, unless a table is about that."""

import functools
import os

from figures import BUDGET, RESULTS, cell, markdown, missing, newest, origin, significant

GPUS = ("h100", "h200")
# Modules and policies of the GPU benchmark and their columns.
STEPS = {
    ("decode_l1", "per_query_head"): "L1",
    ("decode_weighted", "per_query_head"): "weighted",
    ("decode_two_pass", "per_query_head"): "two-pass",
    ("decode_weighted", "per_kv_head"): "weighted, a selection per KV head",
    ("decode_two_pass", "per_kv_head"): "two-pass, a selection per KV head",
}
# Groups of run.py whose steps are of the main table; records that have no groups are of it.
MAIN_GROUPS = ("table", "chosen", None)
BREAKDOWN_TOKENS = 32768
PLAIN = {"budget": BUDGET, "regime": "pdl_wait", "page_size": 0, "lengths": None}
WHAT = "f16, D = 128, L2-cold, CUDA graph, median"


def steps_of(record, *free):
    """Steps of the record, in which the fields `free` may be anything and the others of PLAIN are as there."""
    fixed = {name: value for name, value in PLAIN.items() if name not in free}
    return [
        row for row in (record.rows if record else [])
        if row.get("suite") == "gpu" and (row.get("module"), row.get("policy")) in STEPS and "time_us" in row
        and ("operation" in free or row.get("operation", "decode") == "decode") and all((row.get(name) or None) == (value or None) for name, value in fixed.items())
    ]  # fmt: skip


def shape_of(row):
    return tuple(row.get(name) for name in ("query_heads", "kv_heads", "batch", "tokens"))


def shape_text(row):
    query_heads, kv_heads, batch, tokens = shape_of(row)
    return f"{query_heads} heads on {kv_heads}, batch {batch}, {tokens:,} tokens"


def step_text(row):
    return STEPS[row["module"], row["policy"]]


def timed(time, dense):
    """10.0 (4.0x)."""
    if not time:
        return ""
    return f"{time:.1f} ({dense / time:.1f}x)" if dense else f"{time:.1f}"


def code_floor(record, row):
    """How long a copy takes that moves the codes of a scan over 2 bits: 32 bytes a token and KV head."""
    tokens = sum(row["lengths"]) if row.get("lengths") else row["batch"] * row["tokens"]
    return tokens * row["kv_heads"] * 32 / cell(record, row, "copy_gbps") / 1e3


def gpu(record, page):
    """Every shape with its dense time, its floor, and a column a module and policy."""
    steps = [row for row in steps_of(record) if row.get("group") in MAIN_GROUPS]
    if not steps:
        return None
    columns = [column for column in STEPS if any((row["module"], row["policy"]) == column for row in steps)]
    lines = []
    for shape in dict.fromkeys(map(shape_of, steps)):
        of_shape = {(row["module"], row["policy"]): row for row in steps if shape_of(row) == shape}
        first = next(iter(of_shape.values()))
        dense = next((row["dense_us"] for row in of_shape.values() if row.get("dense_us")), None)
        line = [shape_text(first), f"{dense:.1f}" if dense else "", f"{code_floor(record, first):.1f}"]
        lines.append(line + [timed(of_shape[column]["time_us"], dense) if column in of_shape else "" for column in columns])
    first = steps[0]
    methods = ", ".join(sorted({row["dense_method"] for row in steps if row.get("dense_method")})) or "not measured"
    text = (
        f"Microseconds of a step, k = {first['budget']}, on {first['device']}; {WHAT}; dense is the fastest method at the shape "
        f"({methods}); the copy would move the bytes of 2-bit codes at {first['copy_gbps']:,.0f} GB/s, of the two-pass module half as many; "
        f"{origin(record, first, page)}.\n\n"
    )
    return text + markdown(["shape", "dense", "copy", *(STEPS[column] for column in columns)], lines)


def breakdown(record, page):
    """Where the time of a step goes."""
    steps = [row for row in steps_of(record) if row["tokens"] == BREAKDOWN_TOKENS and row.get("kernel_us") and row.get("group") in MAIN_GROUPS]
    if not steps:
        return None
    lines = []
    for row in steps:
        without = row.get("without_attention_us")
        lines.append(
            [
                f"{shape_text(row)}: {step_text(row)}",
                f"{row['time_us']:.1f}",
                f"{cell(record, row, 'floor_us'):.1f} ({row['roofline_fraction']:.0%})",
                " + ".join(f"{time:.1f}" for time in row["kernel_us"]),
                f"{without:.1f}" if without else "",
                " ".join(map(str, cell(record, row, "registers"))),
                " ".join(f"{size / 1024:.1f}" for size in cell(record, row, "shared_bytes")),
                " ".join(map(str, cell(record, row, "spill_bytes"))),
            ]
        )
    text = f"Microseconds on {steps[0]['device']}; {WHAT}; kernels are in the order of their launches; {origin(record, steps[0], page)}.\n\n"
    return text + markdown(["step", "us", "copy of its codes", "each kernel alone", "without attention", "registers", "shared KB", "spilled bytes"], lines)


def crossover(record, page):
    """The length from which on a step is faster than dense attention."""
    steps = [row for row in steps_of(record) if row.get("crossover_tokens")]
    if not steps:
        return None
    columns = [column for column in STEPS if any((row["module"], row["policy"]) == column for row in steps)]
    words = {"at_most": "below ", "more_than": "above ", "exact": ""}
    lines = []
    for model in dict.fromkeys(shape_of(row)[:3] for row in steps):
        known = {(row["module"], row["policy"]): row for row in steps if shape_of(row)[:3] == model}
        line = [f"{model[0]} heads on {model[1]}, batch {model[2]}"]
        for column in columns:
            row = known.get(column)
            line.append(words[row["crossover_bound"]] + f"{row['crossover_tokens']:,}" if row else "")
        lines.append(line)
    text = f"Tokens of a sequence, on {steps[0]['device']}; between measured lengths by a straight line of logarithms; {origin(record, steps[0], page)}.\n\n"
    return text + markdown(["model", *(STEPS[column] for column in columns)], lines)


def _by(record, page, field, values, title, of):
    """A line a shape and step, a column a value of `field`; those that were measured at one value only are left out."""
    known = {}
    for row in steps_of(record, field):
        known.setdefault((shape_of(row), row["module"], row["policy"]), {})[row.get(field) or 0] = row
    columns = [value for value in values if any(value in rows for rows in known.values())]
    origin_row = next((row for rows in known.values() for row in rows.values()), None)
    strangers = set()

    def figure(row):
        text = timed(row["time_us"], row.get("dense_us"))
        if row.get("commit") == origin_row.get("commit"):
            return text
        strangers.add(row.get("commit") or "unknown")
        return text + "*"

    lines = []
    for rows in known.values():
        if len(rows) < 2:
            continue
        first = next(iter(rows.values()))
        line = [f"{shape_text(first)}: {step_text(first)}", f"{code_floor(record, first) / (2 if first['module'] == 'decode_two_pass' else 1):.1f}"]
        lines.append(line + [figure(rows[value]) if value in rows else "" for value in columns])
    if not lines:
        return None
    others = "".join(f"; `*`: commit {commit}" for commit in sorted(strangers))
    text = f"Microseconds of a step (times faster than dense attention), {of}on {origin_row['device']}; {WHAT}; {origin(record, origin_row, page)}{others}.\n\n"
    return text + markdown(["step", "copy of its codes", *(title(value) for value in columns)], lines)


def budgets(record, page):
    values = sorted({row["budget"] for row in steps_of(record, "budget")})
    return _by(record, page, "budget", values, lambda value: f"k = {value:,}", "")


def regimes(record, page):
    return _by(record, page, "regime", ("no_pdl", "pdl_wait", "pdl_prefetch"), lambda value: f"`{value}`", f"k = {BUDGET}, ")


def pages(record, page):
    values = sorted({row.get("page_size") or 0 for row in steps_of(record, "page_size")})
    return _by(record, page, "page_size", values, lambda value: f"pages of {value}" if value else "contiguous", f"k = {BUDGET}, ")


def append(record, page):
    """What writing the new token costs where it is part of the step."""
    titles = {0: "step", "step": "step that appends"}
    return _by(record, page, "operation", tuple(titles), titles.get, f"k = {BUDGET}, ")


def large(record, page):
    """Sequences of a million tokens, and many of unequal lengths."""
    steps = [row for row in steps_of(record, "lengths") if row.get("group") in ("long", "ragged")]
    if not steps:
        return None
    lines = []
    for row in steps:
        lengths = row.get("lengths")
        name = f"{row['query_heads']} heads on {row['kv_heads']}, batch {row['batch']}, "
        name += f"{min(lengths):,} to {max(lengths):,} tokens" if lengths else f"{row['tokens']:,} tokens"
        dense = row.get("dense_us")
        lines.append(
            [
                f"{name}: {step_text(row)}",
                significant(row["time_us"]),
                f"{significant(dense)} ({row['dense_method']})" if dense else "",
                f"{dense / row['time_us']:.1f}x" if dense else "",
                significant(cell(record, row, "floor_us")),
                f"{row['roofline_fraction']:.0%}",
            ]
        )
    text = f"Microseconds of a step, k = {BUDGET}, on {steps[0]['device']}; {WHAT}; {origin(record, steps[0], page)}.\n\n"
    return text + markdown(["step", "us", "dense", "ratio", "copy of its codes", "share"], lines)


def _rivals(record, suite):
    """(record of another step, our step at its shape or None), the fastest of each shape."""
    rows = [row for row in (record.rows if record else []) if row.get("suite") == suite and "time_us" in row]
    fastest = {}
    for row in rows:
        key = (*shape_of(row), row["module"], row["policy"], row.get("operation", "decode"))
        if key not in fastest or row["time_us"] < fastest[key]["time_us"]:
            fastest[key] = row
    ours = {}
    for step in steps_of(record, "operation"):
        ours.setdefault((*shape_of(step), step["module"], step["policy"], step.get("operation", "decode")), step)
    return [(row, ours.get(key)) for key, row in fastest.items()]


def _beside(row, ours, parts):
    """A line: the other step, its time and those of its parts, ours, how many times as long it takes."""
    return [
        f"{shape_text(row)}: {row['method']}",
        f"{row['time_us']:.1f}",
        " + ".join(f"{part:.1f}" for part in parts),
        f"{ours['time_us']:.1f}" if ours else "",
        f"{row['time_us'] / ours['time_us']:.1f}x" if ours else "",
    ]


def composed(record, page):
    """The same method put together from parts that exist, beside ours."""
    pairs = _rivals(record, "gpu-composed")
    if not pairs:
        return None
    lines = [_beside(row, ours, [cell(record, row, name) for name in ("scan_us", "select_us", "attend_us")]) for row, ours in pairs]
    first = pairs[0][0]
    library = f" FlashInfer {first['flashinfer']}, PyTorch {first['torch']};" if first.get("flashinfer") else ""
    text = (
        f"Microseconds of the fastest combination at each shape, k = {first['budget']}, on {first['device']}; {WHAT};{library} "
        f"{origin(record, first, page)}.\n\n"
    )
    return text + markdown(["composed step", "sum", "scan + selection + attention", "ours", "times ours"], lines)


def original(record, page):
    """Launches of the project that the method comes from, beside our step that does as much."""
    pairs = _rivals(record, "gpu-original")
    if not pairs:
        return None
    lines = []
    for row, ours in pairs:
        ends = cell(record, row, "stages_us")
        lines.append(_beside(row, ours, [end - start for start, end in zip([0, *ends], ends)]))
    first = pairs[0][0]
    link = os.path.relpath(record.path, os.path.dirname(page) or ".")
    text = (
        f"Microseconds, k = {first['budget']}, on {first['device']}; {WHAT}; its commit {first['commit']}, {first['date']}: "
        f"[{os.path.basename(record.path)}]({link}).\n\n"
    )
    return text + markdown(["the original's step", "us", "each launch", "ours", "times ours"], lines)


def _table(make, gpu_name, root, page):
    text = make(newest(root, f"decode-gpu-{gpu_name}-"), page)
    return text or missing(f"`benchmarks/decode/run.py --json=FILE` makes the record `{RESULTS}/decode-gpu-*.json`.")


_ALL = {
    "gpu": gpu, "gpu-breakdown": breakdown, "gpu-crossover": crossover, "gpu-budgets": budgets, "gpu-regimes": regimes, "gpu-pages": pages, "gpu-append": append,
    "gpu-large": large, "gpu-composed": composed, "gpu-original": original,
}  # fmt: skip
TABLES = {
    name + ("" if gpu_name == GPUS[0] else f"-{gpu_name}"): functools.partial(_table, make, gpu_name) for gpu_name in GPUS for name, make in _ALL.items()
}
