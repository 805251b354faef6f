# Writes the seeds of ParserFuzzer: every section and every function of the textual tests, without comments.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import hashlib
import pathlib
import re
import sys


def programs(text):
    """The sections that -split-input-file would see, and the functions of those that hold several."""
    for section in re.split(r"(?m)^// -----.*$", text):
        section = "\n".join(line for line in section.split("\n") if not line.lstrip().startswith("//")).strip()
        functions = re.findall(r"(?ms)^func\.func @.*?^}", section)
        yield from functions if len(functions) > 1 and "launch" not in section else [section]


def main():
    folder, *sources = map(pathlib.Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        for path in sorted(source.rglob("*.mlir")):
            for program in programs(path.read_text()):
                name = hashlib.sha256(program.encode()).hexdigest()[:16]
                (folder / name).write_text(program + "\n")


if __name__ == "__main__":
    main()
