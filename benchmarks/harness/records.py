# What every benchmark in Python writes: where it ran, a JSON list of flat records, and a plot.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Needs the standard library alone; the plot is left out where matplotlib is absent, the progress bar where tqdm is."""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
from typing import Any, Dict, Iterable, List, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
Record = Dict[str, Any]


def cpu_name() -> str:
    """The CPU's name."""
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return "unknown CPU"


def commit() -> str:
    """The commit that is checked out, marked if files differ from it; ADAMAS_COMMIT where the tree came without git."""
    if os.environ.get("ADAMAS_COMMIT"):
        return os.environ["ADAMAS_COMMIT"]
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    except OSError:
        return "uncommitted"
    return done.stdout.strip() or "uncommitted"


def save(path: pathlib.Path, rows: Iterable[Record]) -> None:
    """Writes the records, one a line. A reader never sees half a file, so this may be called after each measurement."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n", encoding="utf-8")
    temporary.replace(path)


def load(path: pathlib.Path) -> List[Record]:
    """The records of a file. Raises ValueError for another kind of file."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: expected JSON, but {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path}: expected a list of records, but got something else")
    return rows


def print_table(head: List[str], rows: List[List[Any]]) -> None:
    """Columns as wide as they need to be; the first to the left, the others to the right."""
    lines = [[str(cell) for cell in line] for line in [head, *rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        cells = [cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip(), flush=True)


def pyplot() -> Optional[Any]:
    """matplotlib.pyplot set up for SVG files that the same figures make alike; None, and a word why, where it is absent."""
    if importlib.util.find_spec("matplotlib") is None:
        print("no plot: matplotlib is not installed", file=sys.stderr)
        return None
    import matplotlib

    matplotlib.use("svg")
    # Without a salt the same figures would give another file every time; so would the date, see save_plot.
    matplotlib.rcParams["svg.hashsalt"] = "adamas"
    import matplotlib.pyplot

    return matplotlib.pyplot


def save_plot(figure: Any, path: pathlib.Path) -> None:
    """Writes a figure without a date."""
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    print(f"wrote {path}")


class _Lines:
    """Progress where no terminal or no tqdm is: a line every tenth of the way."""

    def __init__(self, total: int, desc: str):
        self.total, self.desc, self.done, self.now = total, desc, 0, ""

    def update(self, count: int = 1) -> None:
        self.done += count
        if self.done == self.total or self.done % max(1, self.total // 10) == 0:
            print(f"{self.desc} {self.done}/{self.total} {self.now}".rstrip(), file=sys.stderr, flush=True)

    def set_postfix_str(self, text: str) -> None:
        self.now = text

    def close(self) -> None:
        pass


def progress(total: int, what: str) -> Any:
    """A progress bar on stderr with update(), set_postfix_str() and close(): tqdm's on a terminal, where it is installed."""
    if not sys.stderr.isatty() or importlib.util.find_spec("tqdm") is None:
        return _Lines(total, what)
    import tqdm

    return tqdm.tqdm(total=total, desc=what, dynamic_ncols=True)
