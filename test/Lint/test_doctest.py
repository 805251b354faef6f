# Tests of tools/scripts/doctest.py with a stand-in for adamas-opt that rejects the word "bad" and echoes its arguments.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "tools", "scripts", "doctest.py")
OPT = """#!/bin/sh
if [ "$1" = --version ]; then echo stand-in; exit 0; fi
echo "arguments: $*" >>"$(dirname "$0")/calls"
if grep -q bad; then echo "a bad word" >&2; exit 1; fi
"""


class DoctestTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.bin = os.path.join(self.root, "build-x", "bin")
        self.write("build-x/bin/adamas-opt", OPT)
        os.chmod(os.path.join(self.bin, "adamas-opt"), 0o755)

    def write(self, path, text):
        target = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)

    def run_docs(self, *arguments):
        command = [sys.executable, SCRIPT, "--root", self.root, "--bin", self.bin, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def calls(self):
        try:
            with open(os.path.join(self.bin, "calls"), encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def test_runs_marked_blocks_only(self):
        self.write("README.md", "<!-- doctest: --canonicalize -->\n\n```mlir\ngood\n```\n```mlir\nbad\n```\n```bash\nfalse\n```\n")
        result = self.run_docs()
        self.assertEqual((result.returncode, result.stdout), (0, "docs: 1 examples, 0 failed\n"))
        self.assertEqual(self.calls(), ["arguments: --canonicalize"])

    def test_reports_place_and_output(self):
        self.write("docs/a.md", "text\n<!-- doctest: -->\n```mlir\nbad\n```\n")
        result = self.run_docs()
        self.assertEqual(result.returncode, 1)
        self.assertIn("docs/a.md:3: error: expected adamas-opt to exit with 0, but got 1\n    a bad word", result.stdout)

    def test_shell_runs_at_the_root_with_our_tools(self):
        self.write("test/data/x", "")
        block = "test -e test/data/x\nbuild/bin/adamas-opt --version\nadamas-opt --version | grep stand-in\n"
        self.write("README.md", f"<!-- doctest: shell -->\n```bash\n{block}```\n")
        self.assertEqual(self.run_docs().returncode, 0)
        self.write("README.md", "<!-- doctest: shell -->\n```bash\nfalse | true\ntrue\n```\n")
        self.assertEqual(self.run_docs().returncode, 1)

    def test_what_shell_blocks_build_lies_in_the_build_under_test(self):
        self.write("README.md", "<!-- doctest: shell -->\n```bash\necho x >build/made\n```\n")
        self.assertEqual(self.run_docs().returncode, 0)
        self.assertTrue(os.path.exists(os.path.join(self.root, "build-x", "made")))

    def test_blocks_that_open_libraries_may_be_left_out(self):
        shell = "<!-- doctest: shell -->\n```bash\n%s\n```\n"
        self.write("README.md", shell % "LIBRARY=build/lib/a.so false" + shell % "true")
        self.assertEqual(self.run_docs().returncode, 1)
        result = self.run_docs("--no-libraries")
        self.assertEqual((result.returncode, result.stdout), (0, "docs: 1 examples, 0 failed\n"))

    def test_descriptions_of_tables(self):
        text = "def A {\n  let description = [{\n    Text.\n    ```mlir\n    %s\n    ```\n  }];\n}\n"
        self.write("dialect/a.td", text % "good")
        self.assertEqual(self.run_docs().stdout, "docs: 1 examples, 0 failed\n")
        self.write("dialect/a.td", text % "bad")
        self.assertIn("dialect/a.td:4: error", self.run_docs().stdout)

    def test_rejects_marks_without_blocks(self):
        for text, message in (
            ("<!-- doctest: -->\ntext\n", "but got text"),
            ("<!-- doctest: -->\n", "but got the end"),
            ("<!-- doctest: shell -->\n```mlir\n```\n", "expected a ```bash block"),
            ("<!-- doctest: --x -->\n```bash\n```\n", "expected a ```mlir block"),
            ("<!-- doctest: -->\n<!-- doctest: -->\n```mlir\n```\n", "but got another comment"),
        ):
            self.write("README.md", text)
            result = self.run_docs()
            self.assertEqual(result.returncode, 1, text)
            self.assertIn(message, result.stdout)

    def test_nothing_found_is_a_failure(self):
        self.assertEqual(self.run_docs().returncode, 1)

    def test_missing_tool(self):
        result = self.run_docs("--bin", os.path.join(self.root, "none"))
        self.assertEqual(result.returncode, 2)
        self.assertIn("expected adamas-opt in", result.stderr)


if __name__ == "__main__":
    unittest.main()
