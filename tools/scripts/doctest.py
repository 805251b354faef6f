#!/usr/bin/env python3
# Runs the examples of the documentation, so that none of them rots.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Three kinds of example are run, each from the root of the repository:

  *.md   a ```mlir block after <!-- doctest: ARGS -->    adamas-opt ARGS reads the block and must exit with 0
  *.md   a ```bash block after <!-- doctest: shell -->   bash runs the block with our tools in PATH and must exit with 0
  *.td   a ```mlir block in `let description = [{`       adamas-opt reads the block, with ARGS where a comment as above
                                                         stands before it

Prints `file:line: error: message` for each that fails, then a count; exits with 1 if one failed.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections import namedtuple

from lint import Tree

Example = namedtuple("Example", "path line kind arguments text")

MARK = re.compile(r"\s*<!--\s*doctest:\s*(.*?)\s*-->\s*$")
FENCE = re.compile(r"\s*(```|~~~)(\w*)\s*$")
SECONDS = 600


class Malformed(Exception):
    """A mark that no example follows; (line, message)."""


def examples_of_markdown(path, lines, all_mlir=False):
    """Blocks that a mark precedes; with all_mlir also ```mlir blocks without one, read with no arguments."""
    number, mark = 0, None
    while number < len(lines):
        line = lines[number]
        number += 1
        match = MARK.match(line)
        if match:
            if mark:
                raise Malformed(mark[0], "expected a fenced block after this doctest comment, but got another comment")
            mark = (number, match.group(1))
            continue
        match = FENCE.match(line)
        if not match:
            if mark and line.strip():
                raise Malformed(mark[0], "expected a fenced block after this doctest comment, but got text")
            continue
        begin, language = number, match.group(2)
        while number < len(lines) and not lines[number].strip() == match.group(1):
            number += 1
        text = textwrap.dedent("\n".join(lines[begin:number])) + "\n"
        number += 1
        if mark:
            wanted = "bash" if mark[1] == "shell" else "mlir"
            if language != wanted:
                raise Malformed(mark[0], f"expected a ```{wanted} block after this doctest comment, but got ```{language}")
            yield Example(path, begin, mark[1] if wanted == "bash" else "opt", mark[1], text)
        elif all_mlir and language == "mlir":
            yield Example(path, begin, "opt", "", text)
        mark = None
    if mark:
        raise Malformed(mark[0], "expected a fenced block after this doctest comment, but got the end")


def examples_of_tablegen(path, lines):
    text = "\n".join(lines)
    for match in re.finditer(r"let\s+description\s*=\s*\[\{(.*?)\}\]", text, re.DOTALL):
        before = text.count("\n", 0, match.start(1))
        for example in examples_of_markdown(path, match.group(1).split("\n"), all_mlir=True):
            yield example._replace(line=example.line + before)


def run(example, root, bin_dir):
    """None, or what went wrong."""
    environment = dict(os.environ, PATH=bin_dir + os.pathsep + os.environ.get("PATH", ""))
    if example.kind == "shell":
        # Documentation says build; the build under test may be another one.
        script = re.sub(r"(?<![\w./-])build/bin/", lambda _: shlex.quote(bin_dir) + "/", example.text)
        script = re.sub(r"(?<![\w./-])build/", lambda _: shlex.quote(os.path.dirname(bin_dir)) + "/", script)
        command, given, name = ["bash", "-euo", "pipefail", "-c", script], None, "the shell block"
    else:
        command = [os.path.join(bin_dir, "adamas-opt"), *shlex.split(example.arguments)]
        given, name = example.text, f"adamas-opt {example.arguments}".strip()
    try:
        done = subprocess.run(
            command, input=given, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"expected {name} to end within {SECONDS} s, but it did not"
    if done.returncode == 0:
        return None
    output = (done.stderr or done.stdout).strip()
    return f"expected {name} to exit with 0, but got {done.returncode}\n{textwrap.indent(output, '    ')}"


def main(arguments=None):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser = argparse.ArgumentParser(description="Runs the examples of the documentation.")
    parser.add_argument("--root", default=root, help="tree whose documentation is run")
    parser.add_argument("--bin", help="folder of the built tools (default: build/bin of the tree)")
    parser.add_argument("--list", action="store_true", help="print the examples and stop")
    parser.add_argument("--no-libraries", action="store_true",
                        help="leave out shell blocks that name build/lib/: another program cannot open a library with a sanitizer in it")
    parser.add_argument("files", nargs="*", help="only these files, relative to the tree")
    options = parser.parse_args(arguments)
    root = os.path.abspath(options.root)
    bin_dir = os.path.abspath(options.bin or os.path.join(root, "build", "bin"))
    if not options.list and not os.path.exists(os.path.join(bin_dir, "adamas-opt")):
        parser.error(f"expected adamas-opt in {bin_dir}, but there is none: build it, or name its folder with --bin")

    count, failed = 0, 0
    for path, lines in Tree(root).under("", ends=(".md", ".td")):
        if options.files and path not in options.files:
            continue
        finder = examples_of_markdown if path.endswith(".md") else examples_of_tablegen
        try:
            for example in finder(path, lines):
                if options.no_libraries and example.kind == "shell" and "build/lib/" in example.text:
                    continue
                count += 1
                if options.list:
                    print(f"{path}:{example.line}: {example.kind} {example.arguments}".rstrip())
                    continue
                problem = run(example, root, bin_dir)
                if problem:
                    failed += 1
                    print(f"{path}:{example.line}: error: {problem}")
        except Malformed as error:
            failed += 1
            print(f"{path}:{error.args[0]}: error: {error.args[1]}")
    print(f"docs: {count} examples, {failed} failed")
    # Finding nothing means that the pattern rotted, not that all is well.
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
