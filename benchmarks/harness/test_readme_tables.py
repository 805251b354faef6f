# Tests of readme_tables.py on small records, and that the tables of this tree match its results.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import readme_tables  # noqa: E402  (the path is set above)

SHAPE = {
    "device": "A CPU, 2 threads", "commit": "abc1234", "date": "2026-11-24", "command": "adamas-bench-decode --json=x/y.json --repeat=7",
    "batch": 1, "query_heads": 32, "kv_heads": 32, "head_dim": 128, "tokens": 32768, "budget": 128, "threads": 2, "dtype": "F16",
}  # fmt: skip
DECODE = [
    {**SHAPE, "method": "dense", "time_us": 40000.0, "dense_us": 40000.0, "ratio": 1.0},
    {**SHAPE, "method": "decode_weighted", "time_us": 3200.0, "dense_us": 40000.0, "ratio": 12.5},
    {**SHAPE, "method": "scan_l1", "time_us": 2000.0, "gb_s": 12.34, "read_gb_s": 20.0, "roofline_fraction": 0.617},
    {**SHAPE, "method": "jit_decode_l1", "passes_ms": 20.1, "translate_ms": 2, "optimize_ms": 30, "codegen_ms": 40, "total_ms": 92.4},
    {**SHAPE, "method": "decode_l1", "tokens": 1024, "time_us": 51.2, "ways": 1},
    {**SHAPE, "method": "decode_l1", "tokens": 4096, "time_us": 2048.0, "ways": 1},
]
STUDY = {
    "device": "A CPU", "commit": "abc1234", "date": "2026-11-24", "command": "benchmarks/accuracy/study.py", "model": "Model, Q4",
    "text": "A novel", "layers": [2, 5], "tokens": 8192, "positions": 64,
}  # fmt: skip
ACCURACY = [
    {**STUDY, "method": "weighted", "bytes_a_token": 16, "budget": 128, "mass": 0.8483, "error": 0.1642},
    {**STUDY, "method": "weighted", "bytes_a_token": 16, "budget": 256, "mass": 0.9019, "error": 0.1018},
]
PAGE = """# title
<!-- table: decode -->
old
<!-- end table -->
<!-- source: module.mlir -->
<!-- end source -->
"""
OTHER = "".join(f"<!-- table: {name} -->\n<!-- end table -->\n" for name in ("scan", "jit", "linear", "accuracy"))


class ReadmeTablesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write("README.md", PAGE)
        self.write("benchmarks/README.md", OTHER)
        self.write("benchmarks/H200.md", "<!-- table: end-to-end-h200 -->\n<!-- end table -->\n")
        self.write("module.mlir", "// A module.\n//\n\nfunc.func @f() {\n  return\n}\n")

    def write(self, path, text):
        target = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def results(self, decode=DECODE, accuracy=ACCURACY):
        self.write("benchmarks/results/decode-cpu-a-2026-11-24.json", json.dumps(decode))
        self.write("benchmarks/results/accuracy-smollm2-2026-11-24.json", json.dumps(accuracy))

    def run_tool(self, *arguments, root=None):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = readme_tables.main([*arguments, "--root", root or self.root])
        return status, output.getvalue()

    def test_write_then_check(self):
        self.results()
        self.assertEqual(self.run_tool("--check")[0], 1)
        self.assertEqual(self.run_tool("--write")[0], 0)
        self.assertEqual(self.run_tool("--check"), (0, "readme tables: 7 blocks, 0 files out of date\n"))

    def test_figures(self):
        self.results()
        self.run_tool("--write")
        page, other = self.read("README.md"), self.read("benchmarks/README.md")
        self.assertIn("| dense attention, compiled by the same passes | 512 / 1,024 | 40.0 | 1.0x | 1 |", page)
        self.assertIn("| `decode_weighted.mlir`, recommended | 32 | 3.20 | 12.5x | 0.85 |", page)
        self.assertIn("`adamas-bench-decode --repeat=7`, commit abc1234, 2026-11-24", page)
        self.assertIn("(benchmarks/results/decode-cpu-a-2026-11-24.json)", page)
        self.assertIn("(results/decode-cpu-a-2026-11-24.json)", other)
        self.assertIn("| L1, 2 bits | 2 | 2.00 | 12.3 | 20.0 | 62% |", other)
        self.assertIn("| `decode_l1.mlir` | 20 | 2 | 30 | 40 | 92 |", other)
        self.assertIn("| 1,024 | 51.2 (50.0) |", other)
        self.assertIn("| 4,096 | 2,048 (500) |", other)
        self.assertIn("| weighted | 16 | 0.848 / 0.164 | 0.902 / 0.102 |", other)

    def test_source_is_literal(self):
        self.run_tool("--write")
        self.assertIn("<!-- doctest: -->\n```mlir\nfunc.func @f() {\n  return\n}\n```\n", self.read("README.md"))

    def test_edited_figure_is_out_of_date(self):
        self.results()
        self.run_tool("--write")
        self.write("README.md", self.read("README.md").replace("12.5x", "13.5x"))
        status, output = self.run_tool("--check")
        self.assertEqual(status, 1)
        self.assertIn("README.md: out of date", output)

    def test_newest_date_wins(self):
        self.results()
        self.write("benchmarks/results/decode-cpu-z-2026-01-01.json", json.dumps([{**DECODE[0], "date": "2026-01-01", "time_us": 1.0}]))
        self.run_tool("--write")
        self.assertIn("| 40.0 | 1.0x |", self.read("README.md"))

    def test_no_record_says_how_to_make_one(self):
        self.assertEqual(self.run_tool("--write")[0], 0)
        self.assertIn("Not measured yet: `build/bin/adamas-bench-decode --json=FILE`", self.read("README.md"))
        self.assertEqual(self.run_tool("--check")[0], 0)

    def test_bad_records(self):
        for text, message in (("{", "expected JSON"), ("[]", "expected a list of records"), ('{"a": 1}', "expected a list of records")):
            with self.subTest(text):
                self.write("benchmarks/results/decode-cpu-a.json", text)
                status, output = self.run_tool("--check")
                self.assertEqual(status, 1)
                self.assertIn(message, output)

    def test_missing_field(self):
        self.results(decode=[{key: value for key, value in DECODE[0].items() if key != "time_us"}])
        status, output = self.run_tool("--write")
        self.assertEqual(status, 1)
        self.assertIn("expected the field 'time_us' in the record of 'dense'", output)

    def test_unknown_table_and_open_block(self):
        for text, message in (("<!-- table: speed -->\n<!-- end table -->\n", "but got 'speed'"), ("<!-- table: jit -->\n", "expected an end comment")):
            with self.subTest(text):
                self.write("README.md", text)
                status, output = self.run_tool("--write")
                self.assertEqual(status, 1)
                self.assertIn(message, output)

    def test_this_tree_matches_its_results(self):
        status, output = self.run_tool("--check", root=ROOT)
        self.assertEqual(status, 0, output)


if __name__ == "__main__":
    unittest.main()
