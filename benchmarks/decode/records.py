# Records of the GPU benchmark: joined with dense attention, completed with what follows from them, written, printed.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A record is a flat dict, as all of benchmarks/results are. Those of `suite` gpu are steps of ours (`method` adamas), those of
gpu-dense one dense method at one shape, those of gpu-composed are of best_parts.py, those of gpu-original are measured outside this
project (benchmarks/README.md). Times are in microseconds."""

import csv
import json
import math
import os

from cases import DEFAULTS, SHAPE, key_of, shape_of

# What a step is compared along: the same but for the length.
SERIES = ("query_heads", "kv_heads", "batch", "module", "policy", "budget", "page_size", "regime")
HEAD_DIM, HALF = 128, 2


def is_step(record):
    """A whole step that was measured."""
    return record.get("suite") == "gpu" and str(record.get("module", "")).startswith("decode_") and "time_us" in record and record.get("operation", "decode") == "decode"


def total_tokens(record):
    return sum(record["lengths"]) if record.get("lengths") else record["batch"] * record["tokens"]


def code_bytes(record):
    """Bytes of codes that the scan reads: one plane of the two-pass module, else all."""
    planes = 1 if record["module"] == "decode_two_pass" else record["bits"]
    return total_tokens(record) * record["kv_heads"] * record.get("head_dim", HEAD_DIM) // 8 * planes


def dense_bytes(record):
    """Bytes of keys and values that dense attention reads."""
    return 2 * total_tokens(record) * record["kv_heads"] * record.get("head_dim", HEAD_DIM) * HALF


def join(records):
    """Every step with `dense_us` and `dense_method`, the best dense time of its shape among `records`, and `ratio`; steps of shapes
    that have none keep what they have."""
    best = {}
    for record in records:
        if record.get("suite") == "gpu-dense" and "time_us" in record:
            shape = shape_of(record)
            if shape not in best or record["time_us"] < best[shape]["time_us"]:
                best[shape] = record
    joined = []
    for record in records:
        record = dict(record)
        if is_step(record):
            dense = best.get(shape_of(record))
            if dense:
                record |= {"dense_us": dense["time_us"], "dense_method": dense["method"]}
            if record.get("dense_us"):
                record["ratio"] = record["dense_us"] / record["time_us"]
        joined.append(record)
    return joined


def derive(records):
    """Every step with its floors: how long a copy would take that reads as many bytes (at `copy_gbps`, read and written bytes
    together); and with the length from which on it beats dense attention."""
    derived = []
    for record in records:
        record = dict(record)
        if is_step(record) and record.get("copy_gbps"):
            record["code_bytes"] = code_bytes(record)
            record["floor_us"] = record["code_bytes"] / record["copy_gbps"] / 1e3
            record["dense_floor_us"] = dense_bytes(record) / record["copy_gbps"] / 1e3
            record["roofline_fraction"] = record["floor_us"] / record["time_us"]
        derived.append(record)
    series = {}
    for record in derived:
        if is_step(record) and "ratio" in record and not record.get("lengths"):
            series.setdefault(tuple(record.get(name, DEFAULTS.get(name)) for name in SERIES), []).append(record)
    for of_series in series.values():
        if len({record["tokens"] for record in of_series}) < 2:
            continue
        tokens, bound = crossover([(record["tokens"], record["ratio"]) for record in of_series])
        for record in of_series:
            record["crossover_tokens"], record["crossover_bound"] = tokens, bound
    return derived


def crossover(points):
    """The length from which on the ratio (dense time / ours) is above 1, between measured ones by a straight line of logarithms:
    (tokens, bound). `bound` is `exact`, `at_most` where we are faster at every measured length (the shortest of them), or
    `more_than` where we are slower at the longest one."""
    points = sorted(points)
    slower = [i for i, (_, ratio) in enumerate(points) if ratio < 1]
    if not slower:
        return points[0][0], "at_most"
    last = slower[-1]
    if last == len(points) - 1:
        return points[-1][0], "more_than"
    (before, low), (after, high) = points[last], points[last + 1]
    share = -math.log(low) / (math.log(high) - math.log(low))
    return round(math.exp(math.log(before) + share * (math.log(after) - math.log(before)))), "exact"


def complete(records):
    """`records` without what was measured again later, joined and derived."""
    latest = {}
    for record in records:
        latest[record.get("suite"), record.get("method"), key_of(record)] = record
    return derive(join(list(latest.values())))


def read(path):
    with open(path, encoding="utf-8") as file:
        records = json.load(file)
    if not (isinstance(records, list) and all(isinstance(record, dict) for record in records)):
        raise ValueError(f"{path}: expected a list of records, but got something else")
    return records


def write(path, records):
    """JSON, a record a line; whole or not at all. Beside it a table for spreadsheets."""
    path = os.fspath(path)
    _replace(path, "[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n")
    names = list(dict.fromkeys(name for record in records for name in record))
    temporary = f"{path}.part"
    with open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for record in records:
            writer.writerow([_cell(record.get(name)) for name in names])
    os.replace(temporary, csv_path(path))


def csv_path(path):
    return os.path.splitext(os.fspath(path))[0] + ".csv"


def _replace(path, text):
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(f"{path}.part", path)


def _cell(value):
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else value


def describe(record):
    """A case in a few words, without what is the default."""
    words = ["/".join(str(record[name]) for name in SHAPE) + (" ragged" if record.get("lengths") else ""), record["module"].removeprefix("decode_")]
    for name, text in (("policy", "{}"), ("budget", "k {}"), ("page_size", "page {}"), ("regime", "{}")):
        if record.get(name, DEFAULTS[name]) != DEFAULTS[name]:
            words.append(text.format(record[name]))
    return " ".join(words)


def table(records):
    """Lines of text: a step each, with its dense time, floor and breakdown."""
    head = f"{'shape, module':44}{'us':>9}{'dense':>9}{'ratio':>7}{'floor':>8}{'roof':>6}  {'from tokens':>11}  kernels, us; without attention; registers"
    lines = [head]
    for record in records:
        if not is_step(record):
            continue
        ratio, dense = record.get("ratio"), record.get("dense_us")
        parts = " ".join(f"{time:.1f}" for time in record.get("kernel_us", []))
        if "without_attention_us" in record:
            parts += f"; {record['without_attention_us']:.1f}"
        if record.get("registers"):
            parts += "; " + " ".join(map(str, record["registers"]))
        if any(record.get("spill_bytes", [])):
            parts += f"; spills {max(record['spill_bytes'])} bytes"
        lines.append(
            f"{describe(record):44}{record['time_us']:9.2f}{f'{dense:.1f}' if dense else '-':>9}{f'{ratio:.1f}x' if ratio else '-':>7}"
            f"{record.get('floor_us', 0):8.2f}{record.get('roofline_fraction', 0):6.0%}  {crossover_text(record):>11}  {parts}"
        )
    return lines


def crossover_text(record):
    """The length from which on a step beats dense attention: 1,234, below 1,024, above 131,072."""
    tokens = record.get("crossover_tokens")
    words = {"at_most": "below ", "more_than": "above ", "exact": ""}
    return f"{words[record['crossover_bound']]}{tokens:,}" if tokens else "-"
