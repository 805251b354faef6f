#!/usr/bin/env python3
# Checks what compilers do not: layers, file sizes, dead links, RUN lines, and that every op, pass and rule has tests.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints `file:line: error: message [rule]` and exits with 1 if there is an error; warnings alone exit with 0."""

import argparse
import os
import re
import subprocess
import sys
from collections import namedtuple

Finding = namedtuple("Finding", "path line severity message rule")

LAYERS = ("dialect", "passes", "runtime", "tools", "test", "benchmarks")
# Who may use what. The runtime's C header and its manifest are all that it shares, so compiler layers may include it.
MAY_USE = {
    "dialect": {"dialect"},
    "passes": {"dialect", "passes", "runtime"},
    "tools": {"dialect", "passes", "tools", "runtime"},
    "runtime": {"runtime"},
}
# Spellings that belong to a layer even where the header is generated at build time and cannot be looked up.
HEADER_LAYERS = (
    ("dialect", re.compile(r"adamas/(IR|Reference|Interfaces)/|adamas-c/Dialect\.h")),
    ("passes", re.compile(r"adamas/(Transforms|Conversion|Pipelines|Target|Execution)/|adamas/Register\.h|adamas-c/Passes\.h")),
    ("runtime", re.compile(r"adamas/runtime\.h")),
)
MAX_LINES = 600
MAX_PASS_LINES = 250
CXX = (".h", ".hpp", ".c", ".cc", ".cpp", ".cu", ".cuh", ".inc", ".td")
SOURCES = CXX + (".py", ".sh", ".cmake", ".in", ".cfg", ".yml", ".yaml", ".toml")
DATA = re.compile(r"^(test/data/|benchmarks/results/|LICENSE$)|\.(csv|svg)$")
SPDX = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
LABEL = re.compile(r"\b(had|buk|pak|dst|wgt|ref|sel|att|kv|nq|dns)-(\d+)\b")


class Tree:
    """The files of a checkout, read once: {path: lines}, paths relative and with slashes."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._list())
        self.folders = {folder for path in self.paths for folder in _parents(path)}
        self.lines = {}
        for path in self.paths:
            with open(os.path.join(root, path), "rb") as file:
                content = file.read()
            if b"\0" in content or DATA.search(path):
                continue
            try:
                self.lines[path] = content.decode("utf-8").split("\n")
            except UnicodeDecodeError:
                continue

    def _list(self):
        # What git tracks or would track, so that build trees and caches do not count; without git, everything but them.
        command = ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            inside = os.path.exists(os.path.join(self.root, ".git"))
            listed = subprocess.run(command, capture_output=True, check=True).stdout if inside else None
        except (OSError, subprocess.CalledProcessError):
            listed = None
        if listed is not None:
            for name in listed.decode("utf-8", "surrogateescape").split("\0"):
                if name and os.path.isfile(os.path.join(self.root, name)):
                    yield name
            return
        for folder, folders, files in os.walk(self.root):
            relative = os.path.relpath(folder, self.root)
            folders[:] = [f for f in folders if not _is_build_product(relative, f)]
            for file in files:
                if not file.endswith(".pyc"):
                    yield os.path.normpath(os.path.join(relative, file))

    def exists(self, path):
        return path in self.folders or os.path.exists(os.path.join(self.root, path))

    def under(self, *prefixes, ends=None):
        for path, lines in self.lines.items():
            if path.startswith(prefixes) and (ends is None or path.endswith(ends)):
                yield path, lines


def _parents(path):
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        yield path


def _is_build_product(parent, name):
    return name in (".git", "__pycache__", ".cache", ".venv") or (parent == "." and re.match(r"build(-|$)", name))


RULES = {}


def rule(name, summary):
    """Registers a check: a generator of (path, line, message) or (path, line, message, "warning")."""

    def register(function):
        RULES[name] = (summary, function)
        return function

    return register


def layer_of(path):
    top = path.split("/", 1)[0]
    return top if top in LAYERS else None


@rule("include", "dialect <- passes <- tools: no #include against the arrows; runtime includes neither MLIR nor LLVM")
def check_includes(tree):
    for path, lines in tree.under("dialect/", "passes/", "tools/", "runtime/", ends=CXX):
        own = layer_of(path)
        for number, line in enumerate(lines, 1):
            match = re.match(r'\s*(?:#\s*)?include\s*["<]([^">]+)[">]', line)
            if not match:
                continue
            header = match.group(1)
            if own == "runtime" and re.match(r"(mlir|llvm)(-c)?/", header):
                yield path, number, f"expected a runtime without MLIR and LLVM, but it includes {header}"
            other = _header_layer(tree, path, header)
            if other and other not in MAY_USE[own]:
                yield path, number, f"expected {own} to use {_names(MAY_USE[own])} only, but {header} is of {other}"


def _header_layer(tree, path, header):
    beside = os.path.normpath(os.path.join(os.path.dirname(path), header))
    candidates = [beside] + [root + header for root in ("dialect/", "passes/", "runtime/include/", "tools/")]
    for candidate in candidates:
        if candidate in tree.lines:
            return layer_of(candidate)
    return next((layer for layer, pattern in HEADER_LAYERS if pattern.match(header)), None)


def _names(layers):
    return ", ".join(sorted(layers))


@rule("link", "dialect <- passes <- tools: no CMake target of a lower layer links one of a higher layer")
def check_links(tree):
    files = {path: lines for path, lines in tree.under(*[f"{x}/" for x in LAYERS]) if path.endswith("CMakeLists.txt")}
    owner = {}
    for path, lines in files.items():
        for match in re.finditer(r"add_\w*(?:library|executable|tool)\s*\(\s*([\w-]+)", _without_comments(lines)):
            owner[match.group(1)] = layer_of(path)
    for path, lines in files.items():
        own = layer_of(path)
        if own not in MAY_USE:
            continue
        for number, line in enumerate(lines, 1):
            for word in re.findall(r"[\w.-]+", line.split("#", 1)[0]):
                other = owner.get(word)
                if other and other not in MAY_USE[own]:
                    yield path, number, f"expected {own} to link {_names(MAY_USE[own])} only, but {word} is of {other}"
                elif own == "runtime" and re.match(r"(MLIR|LLVM)([A-Z][a-zA-Z]*)?$", word):
                    yield path, number, f"expected a runtime without MLIR and LLVM, but it names {word}"


def _without_comments(lines):
    return "\n".join(line.split("#", 1)[0] for line in lines)


@rule("size", f"no text file over {MAX_LINES} lines; a pass over {MAX_PASS_LINES} lines is a warning")
def check_sizes(tree):
    for path, lines in tree.lines.items():
        count = len(lines) - (lines[-1] == "")
        if count > MAX_LINES:
            yield path, count, f"expected at most {MAX_LINES} lines, but got {count}: split the file"
        elif re.match(r"passes/adamas/(Transforms|Conversion)/.*\.cpp$", path) and count > MAX_PASS_LINES:
            yield path, count, f"expected a pass of at most {MAX_PASS_LINES} lines, but got {count}", "warning"


# [text](target), [text]: target, and the two HTML forms.
LINK = re.compile(r"\]\(<?([^)>\s]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s+(\S+)|\b(?:src|href|srcset)=\"([^\"]+)\"")


@rule("link-md", "every relative link, anchor and path in a .md file leads somewhere")
def check_markdown(tree):
    for path, lines in tree.under("", ends=".md"):
        fenced = False
        for number, line in enumerate(lines, 1):
            if re.match(r"\s*(```|~~~)", line):
                fenced = not fenced
                continue
            for target in [] if fenced else LINK.findall(re.sub(r"`[^`]*`", "", line)):
                target = next(filter(None, target))
                yield from ((path, number, message) for message in _bad_link(tree, path, target))
            spans = [line] if fenced else re.findall(r"`([^`]+)`", line)
            for target in (target for span in spans for target in _paths_in(span)):
                if not (tree.exists(target) or tree.exists(os.path.join(os.path.dirname(path), target))):
                    yield path, number, f"expected the path {target} to exist, but it does not"


def _bad_link(tree, path, target):
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return
    name, _, anchor = target.partition("#")
    goal = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
    if not (goal == "." or tree.exists(goal)):
        yield f"expected the link {target} to lead to a file, but there is no {goal}"
    elif anchor and goal in tree.lines and goal.endswith(".md") and anchor not in _anchors(tree.lines[goal]):
        yield f"expected a heading for #{anchor} in {goal}, but there is none"


def _anchors(lines):
    found = set()
    for line in lines:
        heading = re.match(r"#+\s+(.*?)\s*#*$", line)
        if heading:
            slug = re.sub(r"[^\w\- ]", "", heading.group(1).replace("`", "").lower()).replace(" ", "-")
            found.add(slug if slug not in found else slug + "-1")
        found.update(re.findall(r'<a\s+(?:id|name)="([^"]+)"', line))
    return found


def _paths_in(text):
    """Words that claim to be a file of this tree; what a command writes, and patterns, claim nothing."""
    text = re.sub(r"(--(out|plot|output)[= ]|-o |> ?)\S+", " ", text)
    for word in re.findall(r"(?<![\w./<-])(?:%s)/[^\s`'\",;:()|&]*" % "|".join(LAYERS), text):
        if not re.search(r"[<>*{}\[\]$?]|\.\.\.|…", word):
            yield word.rstrip(".:/") or word


COMMENT = r"^\s*(?://|#|;)\s*"
CHECKER = re.compile(
    r"\bFileCheck\b|-verify-diagnostics\b|-verify-roundtrip\b|--compare[= ]|(^|[|&;] *)(not|diff|cmp|count|%python|test)\b"
    r"|(^|[|&;] *)%python\b"
)
SUFFIX = re.compile(r"-(NEXT|SAME|NOT|DAG|LABEL|EMPTY|COUNT-\d+)(\{LITERAL\})?$|\{LITERAL\}$")
OTHER_WORDS = {"RUN", "REQUIRES", "UNSUPPORTED", "XFAIL", "DEFINE", "REDEFINE", "END", "TODO", "NOTE", "FIXME", "XXX"}


@rule("run", "every lit test has a RUN line, every RUN line has a checker, every check prefix is one that is checked")
def check_run_lines(tree):
    tests = tree.under("test/", ends=(".mlir", ".test"))
    everything_run = "\n".join(command for _, lines in tests for _, command in _run_lines(lines))
    for path, lines in tree.under("test/", ends=(".mlir", ".test")):
        if "/Inputs/" in path or path.startswith(("test/data/", "test/Unit/", "test/Fuzz/")):
            continue
        runs = list(_run_lines(lines))
        if not runs and path.startswith("test/Examples/"):
            if os.path.basename(path) not in everything_run:
                yield path, 1, "expected a RUN line of some test that names this module, but there is none"
        elif not runs:
            yield path, 1, "expected a RUN line, but there is none: move an input to a folder named Inputs"
        for index, (number, command) in enumerate(runs):
            # A step that fills a temporary for a later step is judged by that one.
            prepares = "%t" in command and any("%t" in later for _, later in runs[index + 1 :])
            if not (CHECKER.search(command) or prepares):
                yield path, number, "expected FileCheck, -verify-diagnostics, diff or not, but this RUN line checks nothing"
        yield from ((path, number, message) for number, message in _bad_prefixes(lines, runs))


def _run_lines(lines):
    """(line number, command) of each RUN line, with continuations joined."""
    pending = None
    for number, line in enumerate(lines, 1):
        match = re.match(COMMENT + r"RUN:\s*(.*?)\s*$", line)
        if not match:
            continue
        first, text = pending or (number, "")
        text = f"{text} {match.group(1)}".strip()
        pending = (first, text[:-1].strip()) if text.endswith("\\") else None
        if pending is None:
            yield first, text
    if pending:
        yield pending


def _bad_prefixes(lines, runs):
    checked = set()
    for _, command in runs:
        for piece in command.split("FileCheck")[1:]:
            named = re.findall(r"--?check-prefix(?:es)?[= ]\"?([\w,-]+)", piece.split("|")[0])
            checked.update(prefix for names in named for prefix in names.split(","))
            if not named:
                checked.add("CHECK")
    for number, line in enumerate(lines, 1):
        match = re.match(COMMENT + r"([A-Za-z][\w-]*(?:\{LITERAL\})?)(\s*:)?", line)
        if not match or not checked:
            continue
        word, colon = match.groups()
        stem = SUFFIX.sub("", word)
        directive = stem in checked or word.split("-")[0] in checked
        if colon == ":" and stem not in checked:
            head = re.split("[-_]", stem)[0].upper()
            nearest = min(_distance(prefix, head) for prefix in checked | {"CHECK"})
            # In lower case only the word itself is suspect: prose may well begin with "Chunk:".
            allowed = 2 if word.isupper() else 0
            if directive or (nearest <= allowed and len(head) > 3 and stem not in OTHER_WORDS):
                yield number, f"expected one of the prefixes {', '.join(sorted(checked))}, but got {word}: is it misspelt?"
            elif re.match(r"[A-Z][A-Z0-9_-]+$", word) and word not in OTHER_WORDS:
                yield number, f"expected a RUN line that checks the prefix {word}, but there is none"
        elif colon != ":" and directive and stem in checked and (SUFFIX.search(word) or colon):
            yield number, f"expected a colon right after {word}, but there is none: the line checks nothing"


def _distance(a, b):
    """Edit distance of two words."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


@rule("spdx", "every source file has the project's SPDX line, once, among its first five lines")
def check_spdx(tree):
    for path, lines in tree.lines.items():
        script = lines[0].startswith("#!")
        if not (path.endswith(SOURCES + ("CMakeLists.txt",)) or script):
            continue
        marked = [n for n, line in enumerate(lines, 1) if re.match(r"\s*(//|#|--|/?\*).*SPDX-License-Identifier:", line)]
        if not marked or marked[0] > 5:
            yield path, 1, f"expected `{SPDX}` among the first five lines, but it is not there"
        elif len(marked) > 1:
            yield path, marked[1], "expected one SPDX line, but this is a second one"
        elif not lines[marked[0] - 1].rstrip(" */").endswith(SPDX):
            yield path, marked[0], f"expected `{SPDX}`, but got another license"


@rule("pass-tests", "every pass flag has test/Transforms/<flag> or test/Conversion/<flag>, with a RUN line that names it")
def check_pass_tests(tree):
    for path, lines in tree.under("passes/", ends=".td"):
        for number, flag in _definitions(lines, r"def\s+\w+\s*:\s*\w*Pass\w*<\s*\"([\w-]+)\""):
            folders = tuple(f"test/{suite}/{flag}/" for suite in ("Transforms", "Conversion"))
            tests = [test for test in tree.under(*folders, ends=(".mlir", ".test"))]
            named = re.compile(r"(?<![\w-])-{0,2}%s(?![\w-])" % re.escape(flag))
            if not tests:
                yield path, number, f"expected tests of {flag} in {folders[0]} or {folders[1]}, but there are none"
            elif not any(named.search(command) for _, test in tests for _, command in _run_lines(test)):
                yield path, number, f"expected a RUN line with --{flag} in its test folder, but none names it"


@rule("op-tests", "every op has test/Dialect/<op>.mlir and <op>_invalid.mlir; those of another dialect a folder of its name")
def check_op_tests(tree):
    for path, lines in tree.under("dialect/", ends=".td"):
        dialect = path.split("/")[1]
        folder = "test/Dialect/" + ("" if dialect == "adamas" else dialect + "/")
        for number, op in _definitions(lines, r"def\s+\w+\s*:\s*\w*Op(?!Interface|Trait)\w*<\s*\"([\w.]+)\""):
            for test in (f"{folder}{op}.mlir", f"{folder}{op}_invalid.mlir"):
                if test not in tree.lines:
                    yield path, number, f"expected {test} for the op {op}, but there is none"


def _definitions(lines, pattern):
    text = "\n".join(re.sub(r"//.*", "", line) for line in lines)
    for match in re.finditer(pattern, text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


@rule("label-tests", "every spec label in a verifier's comment has a passing and a failing test function that bear its name")
def check_label_tests(tree):
    passing, failing = set(), set()
    for _, lines in tree.under("test/Dialect/", ends=".mlir"):
        for section in re.split(r"(?m)^// -----.*$", "\n".join(lines)):
            names = set(re.findall(r"@([\w.$-]+)", section))
            (failing if "expected-error" in section else passing).update(names)
    for path, lines in tree.under("dialect/adamas/IR/", ends=(".cpp", ".h")):
        for number, line in enumerate(lines, 1):
            comment = line.partition("//")[2]
            for kind, digits in sorted(set(LABEL.findall(comment))):
                named = re.compile(rf"(?<![a-zA-Z0-9]){kind}_{digits}(?!\d)")
                for what, names in (("passing", passing), ("failing", failing)):
                    if not any(named.search(name) for name in names):
                        yield path, number, f"expected a {what} function named after {kind}_{digits} under test/Dialect, but there is none"


@rule("whitespace", "no tab, no trailing blank, no carriage return, one newline at the end of the file")
def check_whitespace(tree):
    for path, lines in tree.lines.items():
        for number, line in enumerate(lines, 1):
            if line != line.rstrip():
                yield path, number, "expected no blank at the end of the line, but there is one"
            if "\t" in line:
                yield path, number, "expected spaces, but there is a tab"
        if lines[-1] != "" or lines[-2:] == ["", ""]:
            yield path, len(lines), "expected one newline at the end of the file, but there is none or more"


@rule("machine-path", "no file names a folder of somebody's machine")
def check_machine_paths(tree):
    for path, lines in tree.lines.items():
        for number, line in enumerate(lines, 1):
            match = re.search(r"(?<![\w.*%}$-])/(work|home|root|Users)/[\w./-]*", line)
            if match:
                yield path, number, f"expected a path relative to the repository, but got {match.group(0)}"


def run(root, only=None):
    """Every finding of the chosen rules, sorted by place."""
    tree = Tree(root)
    findings = []
    for name, (_, check) in RULES.items():
        if only and name not in only:
            continue
        for path, line, message, *severity in check(tree):
            findings.append(Finding(path, line, severity[0] if severity else "error", message, name))
    return sorted(set(findings))


def main(arguments=None):
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Checks the tree for what compilers do not see.")
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)), help="tree to check")
    parser.add_argument("--only", action="append", metavar="RULE", choices=list(RULES), help="check this rule; repeatable")
    parser.add_argument("--list", action="store_true", help="print the rules and stop")
    options = parser.parse_args(arguments)
    if options.list:
        for name, (summary, _) in RULES.items():
            print(f"{name:14} {summary}")
        return 0
    findings = run(options.root, options.only)
    for path, line, severity, message, name in findings:
        print(f"{path}:{line}: {severity}: {message} [{name}]")
    errors = sum(finding.severity == "error" for finding in findings)
    print(f"lint: {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
