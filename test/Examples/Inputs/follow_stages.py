# Runs the examples of a page one after the other: what comes out of one is the next, where both declare the same function.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""usage: follow_stages.py ADAMAS_OPT PAGE.md"""

import os
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tools", "scripts"))

import doctest  # noqa: E402  (the one of this project; the path is set above)


def run(opt, arguments, text):
    return subprocess.run([opt, *shlex.split(arguments)], input=text, capture_output=True, text=True, check=True).stdout


def main():
    opt, page = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        examples = [x for x in doctest.examples_of_markdown(page, file.read().split("\n")) if x.kind == "opt"]
    followed = 0
    for example, after in zip(examples, examples[1:]):
        if example.text.split("\n")[0] != after.text.split("\n")[0]:
            continue
        followed += 1
        made, shown = run(opt, example.arguments, example.text), run(opt, "", after.text)
        if made != shown:
            sys.exit(f"{page}:{after.line}: error: expected what {example.arguments} makes of line {example.line}:\n{made}\nbut got\n{shown}")
    print(f"{followed} stages follow from the one before")


main()
