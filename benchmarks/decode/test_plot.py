# Tests of plot.py: what is drawn, from small records and from the committed one.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import plot  # noqa: E402  (the path is set above)
import records  # noqa: E402

STEP = {
    "suite": "gpu", "method": "adamas", "module": "decode_l1", "policy": "per_query_head", "regime": "pdl_wait", "query_heads": 32, "kv_heads": 8,
    "batch": 1, "budget": 128, "page_size": 0, "bits": 2, "copy_gbps": 1000.0, "device": "a GPU", "date": "2026-01-02", "dense_method": "torch cudnn",
}  # fmt: skip
ROWS = [
    STEP | {"tokens": 32768, "time_us": 20.0, "dense_us": 80.0},
    STEP | {"tokens": 8192, "time_us": 10.0, "dense_us": 20.0},
    STEP | {"tokens": 8192, "time_us": 5.0, "module": "decode_two_pass", "bits": 4},
    STEP | {"tokens": 32768, "time_us": 6.0, "module": "decode_two_pass", "bits": 4, "regime": "no_pdl"},
    STEP | {"tokens": 65536, "time_us": 1.0, "page_size": 64},
    STEP | {"tokens": 65536, "time_us": 1.0, "lengths": [5]},
    STEP | {"tokens": 65536, "time_us": 1.0, "budget": 64},
    STEP | {"tokens": 8192, "time_us": 1.0, "query_heads": 64},
    {"suite": "gpu-composed", "method": "composed", "query_heads": 32, "kv_heads": 8, "batch": 1, "tokens": 8192, "budget": 128, "time_us": 30.0},
]
ROOT = HERE.parents[1]


def newest_record():
    return max((ROOT / "benchmarks/results").glob("decode-gpu-h100-*.json"))


class PlotTest(unittest.TestCase):
    def lines(self, kind, **others):
        return plot.lines_of(records.complete(ROWS), kind, **others)

    def test_times(self):
        # The two-pass module has one length of this regime, so it has no line.
        lines = self.lines("time")
        self.assertEqual(list(lines), [(32, 8, 1)])
        self.assertEqual(list(lines[32, 8, 1]), ["L1", plot.DENSE, plot.FLOOR])
        self.assertEqual(lines[32, 8, 1]["L1"], [(8192, 10.0), (32768, 20.0)])
        self.assertEqual(lines[32, 8, 1][plot.DENSE], [(8192, 20.0), (32768, 80.0)])
        self.assertAlmostEqual(lines[32, 8, 1][plot.FLOOR][0][1], 2.097152)

    def test_ratios_and_roofline(self):
        self.assertEqual(self.lines("ratio"), {(32, 8, 1): {"L1": [(8192, 2.0), (32768, 4.0)]}})
        points = self.lines("roofline")[32, 8, 1]["L1"]
        self.assertEqual([round(value, 4) for _, value in points], [0.2097, 0.4194])

    def test_other_budget_has_no_line(self):
        self.assertEqual(self.lines("time", budget=64), {})

    def test_words(self):
        self.assertEqual([plot.short(count) for count in (1024, 131072, 1 << 20, 1000)], ["1K", "128K", "1M", "1000"])
        self.assertEqual(plot.title_of((32, 8, 8)), "32 heads on 8, batch 8")
        self.assertEqual(plot.title_of((32, 32, 1)), "32 heads")

    def run_tool(self, *arguments):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = plot.main([*map(str, arguments)])
        return status, output.getvalue()

    def test_committed_record_has_every_line(self):
        rows = records.complete(records.read(newest_record()))
        for kind in plot.KINDS:
            lines = plot.lines_of(rows, kind)
            for model in ((32, 32, 1), (32, 8, 1), (64, 8, 1), (32, 8, 8)):
                self.assertLessEqual({"L1", "weighted", "two-pass"}, set(lines[model]), f"{kind} {model}")

    @unittest.skipIf(importlib.util.find_spec("matplotlib") is None, "matplotlib is not installed")
    def test_committed_record_is_drawn_the_same_twice(self):
        record = newest_record()
        with tempfile.TemporaryDirectory() as folder:
            drawn = []
            for name in ("a", "b"):
                status, output = self.run_tool(record, "--out", os.path.join(folder, name))
                self.assertEqual(status, 0, output)
                drawn.append({path.name: path.read_bytes() for path in pathlib.Path(folder, name).iterdir()})
        self.assertEqual(set(drawn[0]), {f"{record.stem}-{kind}.svg" for kind in plot.KINDS})
        self.assertEqual(drawn[0], drawn[1])
        for text in drawn[0].values():
            self.assertTrue(xml.etree.ElementTree.fromstring(text).tag.endswith("svg"))

    def test_messages(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "record.json")
            for content, message in (
                (ROWS[-1:], "expected steps of k = 128 and pdl_wait at two lengths or more, but got none"),
                ({}, "expected a list of records"),
            ):
                path.write_text(json.dumps(content))
                status, output = self.run_tool(path)
                self.assertEqual(status, 1)
                self.assertIn(message, output)


if __name__ == "__main__":
    unittest.main()
