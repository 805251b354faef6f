# Records of benchmarks/results and tables of Markdown: what all tables are made with.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import re

RESULTS = "benchmarks/results"
BUDGET = 128


class Problem(Exception):
    """A block that cannot be made; the message says why."""


class Record:
    """The records of one result file."""

    def __init__(self, path, rows):
        self.path, self.rows = path, rows

    @property
    def date(self):
        return max(str(row.get("date", "")) for row in self.rows)


def newest(root, prefix):
    """The newest record whose name begins with `prefix`, or None."""
    folder = os.path.join(root, RESULTS)
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if not (name.startswith(prefix) and name.endswith(".json")):
            continue
        path = f"{RESULTS}/{name}"
        try:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                rows = json.load(file)
        except (ValueError, OSError) as error:
            raise Problem(f"{path}: expected JSON, but {error}") from error
        if not (isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)):
            raise Problem(f"{path}: expected a list of records, but got something else")
        found.append(Record(path, rows))
    return max(found, key=lambda record: (record.date, record.path), default=None)


def cell(record, row, field):
    """A field that a table needs."""
    if field not in row:
        method = row.get("method")
        raise Problem(f"{record.path}: expected the field '{field}' in the record of '{method}', but it has none")
    return row[field]


def markdown(head, rows):
    """A table whose first column is text and whose others are figures."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join("| " + " | ".join(str(text) for text in line) + " |\n" for line in lines)


def significant(value):
    """Three digits: 12.3, 0.412, 1,230."""
    if value >= 1000:
        return f"{value:,.0f}"
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{max(digits, 3 if 0 < value < 1 else 0)}f}"


def origin(record, row, page):
    """Where figures come from, for the line above a table."""
    link = os.path.relpath(record.path, os.path.dirname(page) or ".")
    # What names a file or a commit of the day is no part of how to repeat a run.
    command = re.sub(r"\s--(json|commit)[= ]\S+", "", cell(record, row, "command"))
    commit = row.get("commit") or "unknown"
    return f"`{command}`, commit {commit}, {row.get('date')}: [{os.path.basename(record.path)}]({link})"


def missing(what):
    return f"Not measured yet: {what}\n"
