# Tables and plots of end-to-end records.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import pathlib
from typing import Any, Dict, List, Optional, Tuple

import jobs
import records

Rows = List[Dict[str, Any]]


def _select(rows: Rows, kind: str) -> Rows:
    return [row for row in rows if row.get("kind") == kind and "error" not in row]


def _methods(rows: Rows) -> List[str]:
    present = {row["method"] for row in rows}
    return [name for name in jobs.METHODS if name in present]


def _cell(row: Optional[Dict[str, Any]], base: Optional[Dict[str, Any]], field: str) -> str:
    if row is None or field not in row:
        return ""
    text = f"{row[field]:.2f}"
    return text if base is None or base is row or field not in base else f"{text} ({base[field] / row[field]:.2f}x)"


def print_tables(rows: Rows) -> None:
    """Milliseconds a token, of attention alone, to the first token, and microseconds of the host."""
    decode = _select(rows, jobs.DECODE)
    by_key = {(row["model"], row["batch"], row["tokens"], row["method"]): row for row in decode}
    cases = sorted({key[:3] for key in by_key}, key=lambda case: (jobs.MODELS.index(case[0]) if case[0] in jobs.MODELS else 9, *case[1:]))
    methods = _methods(decode)
    for field, title in (("token_ms", "ms a token (SDPA's over it)"), ("attention_ms", "of it attention, all layers")):
        shown = [name for name in methods if any(field in by_key.get((*case, name), {}) for case in cases)]
        if shown:
            lines = [
                [f"{model}, batch {batch}, {tokens:,}"]
                + [_cell(by_key.get((model, batch, tokens, name)), by_key.get((model, batch, tokens, jobs.SDPA)), field) for name in shown]
                for model, batch, tokens in cases
            ]
            print()
            records.print_table([title, *shown], lines)
    prefill = _select(rows, jobs.PREFILL)
    if prefill:
        print()
        head = ["ms to the first token", "without codes", "with", "more"]
        records.print_table(head, [
            [f"{r['model']}, {r['tokens']:,}, {r['method']}", f"{r['prefill_ms']:.1f}", f"{r['prefill_with_encode_ms']:.1f}",
             f"{100 * (r['prefill_with_encode_ms'] / r['prefill_ms'] - 1):+.1f} %"]
            for r in prefill
        ])
    host = _select(rows, jobs.HOST)
    if host:
        print()
        head = ["host, us a layer", "decode", "step", "Transformers' attention"]
        records.print_table(head, [
            [f"{r['model']}, {r['method']}{', with the work itself' if r['host_includes_work'] else ''}", f"{r['host_us']:.1f}",
             *(f"{r[name]:.1f}" if name in r else "" for name in ("host_step_us", "host_attention_us"))]
            for r in host
        ])
    print_errors(rows)


def print_errors(rows: Rows) -> None:
    """One line for each case and error, with the methods that it met."""
    met: Dict[Tuple[Any, ...], List[str]] = {}
    for row in rows:
        if "error" in row:
            case = f"{row['kind']} {row['model']}, batch {row['batch']}, {row['tokens']:,}"
            met.setdefault((case, row["error"]), []).append(row["method"])
    for (case, error), methods in met.items():
        print(f"{case}: {error} ({'; '.join(methods)})")


def plot(rows: Rows, path: pathlib.Path) -> None:
    """Milliseconds a token over the length, one panel for each model and batch."""
    decode = _select(rows, jobs.DECODE)
    panels: List[Tuple[str, int]] = sorted(
        {(row["model"], row["batch"]) for row in decode},
        key=lambda panel: (jobs.MODELS.index(panel[0]) if panel[0] in jobs.MODELS else 9, panel[1]),
    )
    plt = records.pyplot() if panels else None
    if plt is None:
        return
    columns = min(2, len(panels))
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(5.2 * columns, 3.4 * lines), squeeze=False)
    for spare in axes.flat[len(panels) :]:
        spare.set_visible(False)
    for panel, axis in zip(panels, axes.flat):
        mine = [row for row in decode if (row["model"], row["batch"]) == panel]
        for name in _methods(mine):
            points = sorted((row["tokens"], row["token_ms"]) for row in mine if row["method"] == name)
            style = {"color": "black"} if name == jobs.SDPA else {"color": "gray", "linestyle": ":"} if name == jobs.NONE else {}
            axis.plot(*zip(*points), marker="o", markersize=3, label=name, **style)
        axis.set_xscale("log", base=2)
        ticks = sorted({row["tokens"] for row in mine})
        axis.set_xticks(ticks, [f"{n // 1024}K" if n % 1024 == 0 else str(n) for n in ticks])
        axis.set_ylim(bottom=0)
        axis.set_xlabel("tokens in the cache")
        axis.set_ylabel("ms a token")
        axis.set_title(f"{panel[0]} shapes, batch {panel[1]}", fontsize=10)
        axis.grid(alpha=0.3)
    axes.flat[0].legend(fontsize=7)
    records.save_plot(figure, path)
