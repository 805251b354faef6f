# Tests of the GPU benchmark's driver: cases, joins, what is derived, and a run against programs that stand in for the GPU's.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import csv
import io
import json
import os
import pathlib
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cases  # noqa: E402  (the path is set above)
import records  # noqa: E402
import run  # noqa: E402
from worker import Worker  # noqa: E402


def step(tokens, time, module="decode_l1", **others):
    """A step of 32 heads on 8 KV heads at 1,000 GB/s."""
    return {
        "suite": "gpu", "method": "adamas", "module": module, "regime": "pdl_wait", "policy": "per_query_head", "query_heads": 32,
        "kv_heads": 8, "head_dim": 128, "batch": 1, "tokens": tokens, "budget": 128, "page_size": 0, "bits": 2, "time_us": time,
        "copy_gbps": 1000.0,
    } | others  # fmt: skip


def dense(tokens, time, method="torch flash", **others):
    return {"suite": "gpu-dense", "method": method, "module": "dense", "query_heads": 32, "kv_heads": 8, "batch": 1, "tokens": tokens, "time_us": time} | others


class JoinTest(unittest.TestCase):
    def test_takes_the_best_method_of_the_shape(self):
        joined = records.join([step(8192, 10.0), dense(8192, 30.0), dense(8192, 25.0, "torch cudnn"), dense(4096, 1.0), step(1024, 5.0)])
        self.assertEqual((joined[0]["dense_us"], joined[0]["dense_method"], joined[0]["ratio"]), (25.0, "torch cudnn", 2.5))
        self.assertNotIn("dense_us", joined[4])

    def test_refused_methods_do_not_count(self):
        refused = dense(8192, 0) | {"error": "no kernel"}
        del refused["time_us"]
        self.assertEqual(records.join([refused, dense(8192, 25.0), step(8192, 10.0)])[2]["dense_us"], 25.0)

    def test_lengths_are_part_of_the_shape(self):
        joined = records.join([step(8192, 10.0, batch=2, lengths=[8192, 100]), dense(8192, 30.0, batch=2), dense(8192, 20.0, batch=2, lengths=[8192, 100])])
        self.assertEqual(joined[0]["dense_us"], 20.0)

    def test_keeps_what_an_earlier_run_joined(self):
        self.assertEqual(records.join([step(8192, 10.0, dense_us=50.0)])[0]["ratio"], 5.0)

    def test_a_step_without_attention_is_no_step(self):
        self.assertNotIn("dense_us", records.join([step(8192, 10.0, operation="select"), dense(8192, 30.0)])[0])


class DeriveTest(unittest.TestCase):
    def test_floors(self):
        # 8 KV heads, 8,192 tokens: 32 bytes of codes and 512 of key and value each; 1,000 bytes a nanosecond.
        derived = records.derive([step(8192, 10.0)])[0]
        self.assertEqual(derived["code_bytes"], 2097152)
        self.assertAlmostEqual(derived["floor_us"], 2.097152)
        self.assertAlmostEqual(derived["dense_floor_us"], 33.554432)
        self.assertAlmostEqual(derived["roofline_fraction"], 0.2097152)

    def test_floor_of_two_passes_is_one_plane(self):
        self.assertEqual(records.derive([step(8192, 10.0, "decode_two_pass", bits=4)])[0]["code_bytes"], 1048576)

    def test_floor_of_unequal_lengths(self):
        self.assertEqual(records.derive([step(8192, 10.0, batch=2, lengths=[8192, 1000])])[0]["code_bytes"], 9192 * 8 * 32)

    def test_crossover(self):
        # Ratios 1/2 and 2 at 1,024 and 4,096: by logarithms they meet 1 in the middle.
        self.assertEqual(records.crossover([(4096, 2.0), (1024, 0.5)]), (2048, "exact"))
        self.assertEqual(records.crossover([(1024, 1.5), (4096, 3.0)]), (1024, "at_most"))
        self.assertEqual(records.crossover([(1024, 0.2), (4096, 0.9)]), (4096, "more_than"))
        # Slower again at a longer length: the last one counts.
        self.assertEqual(records.crossover([(1024, 1.5), (2048, 0.5), (8192, 2.0)]), (4096, "exact"))

    def test_crossover_is_of_a_series(self):
        rows = [step(1024, 10.0, dense_us=5.0), step(4096, 10.0, dense_us=20.0), step(4096, 30.0, "decode_weighted", dense_us=20.0), step(1024, 30.0, "decode_weighted", dense_us=5.0)]
        completed = records.complete(rows)
        self.assertEqual([records.crossover_text(row) for row in completed], ["2,048", "2,048", "above 4,096", "above 4,096"])
        self.assertEqual(records.crossover_text(records.complete(rows[:1])[0]), "-")

    def test_the_later_measurement_counts(self):
        completed = records.complete([step(8192, 10.0), step(8192, 11.0), step(8192, 12.0, budget=64)])
        self.assertEqual([row["time_us"] for row in completed], [11.0, 12.0])


class CasesTest(unittest.TestCase):
    def test_every_case_is_measured_once(self):
        every = cases.all_cases()
        self.assertEqual(len(every), len({cases.key_of(case) for case in every}))
        self.assertEqual({case["group"] for case in every}, set(cases.GROUPS))
        # The goal table: four models, three lengths, three modules; and two modules with a selection a KV head for three models.
        self.assertEqual(sum(case["group"] == "table" for case in every), 4 * 3 * 3 + 3 * 3 * 2)
        self.assertLess(len(cases.all_cases(quick=True)), len(every))

    def test_lengths_are_drawn_and_repeat(self):
        lengths = cases.draw_lengths(3, 32, 1024, 131072)
        self.assertEqual(lengths, cases.draw_lengths(3, 32, 1024, 131072))
        self.assertEqual((len(lengths), max(lengths)), (32, 131072))
        self.assertGreaterEqual(min(lengths), 1024)

    def test_chosen_shapes(self):
        chosen = cases.chosen_cases(["32/8/1/512"], ["decode_l1"], ["per_query_head"], [64, 128], [0], ["no_pdl", "pdl_wait"])
        self.assertEqual([(case["budget"], case["regime"]) for case in chosen], [(64, "no_pdl"), (64, "pdl_wait"), (128, "no_pdl"), (128, "pdl_wait")])
        for text in ("32/8/1", "32/8/1/x", "32/8/0/5"):
            with self.assertRaisesRegex(ValueError, f"expected Hq/Hkv/B/N, such as 32/8/1/32768, but got '{text}'"):
                cases.chosen_cases([text], ["decode_l1"], [], [], [], [])


# What stands in for the GPU's programs: each answers a line with a line.
STEPS = """
import json, sys
for line in sys.stdin:
    case = json.loads(line)
    if case["tokens"] == 4096 and case["module"] == "decode_weighted":
        print("cannot go on", file=sys.stderr)
        sys.exit(7)
    if case["module"] == "decode_two_pass":
        print(json.dumps({"error": "too many candidates"}), flush=True)
        continue
    print(json.dumps(case | {"suite": "gpu", "method": "adamas", "head_dim": 128, "bits": 2, "time_us": 10.0, "copy_gbps": 1000.0, "device": "a GPU",
                             "registers": [40, 50], "spill_bytes": [0, 16], "command": "inner"}), flush=True)
"""
DENSE = """
import json, sys
for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps({"records": [case | {"suite": "gpu-dense", "module": "dense", "method": "torch flash", "time_us": case["tokens"] / 100, "date": None},
                                  case | {"suite": "gpu-dense", "module": "dense", "method": "torch cudnn", "error": "no kernel"}]}), flush=True)
"""


class RunTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.json = self.folder / "out.json"

    def program(self, name, text):
        """A program that ignores its arguments."""
        (self.folder / f"{name}.py").write_text(text)
        path = self.folder / name
        path.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{self.folder}/{name}.py'\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def run_driver(self, *arguments):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = run.main([*map(str, arguments)])
        return status, output.getvalue()

    def measure(self, *arguments):
        bench, python = self.program("bench", STEPS), self.program("python", DENSE)
        return self.run_driver(f"--json={self.json}", f"--bench={bench}", "--python", python, "--commit=abc", "--date=2026-01-02", *arguments)

    def test_measures_joins_and_writes(self):
        status, output = self.measure("--shapes", "32/8/1/512", "32/8/1/4096", "--minutes=5")
        self.assertEqual(status, 0, output)
        rows = records.read(self.json)
        steps = [row for row in rows if records.is_step(row)]
        self.assertEqual([(row["module"], row["tokens"]) for row in steps], [("decode_l1", 512), ("decode_weighted", 512), ("decode_l1", 4096)])
        self.assertEqual([row["ratio"] for row in steps], [0.512, 0.512, 4.096])
        self.assertEqual(steps[0]["crossover_tokens"], 1000)
        self.assertEqual(steps[0]["command"], "benchmarks/decode/run.py --shapes 32/8/1/512 32/8/1/4096 --minutes=5")
        self.assertEqual((steps[0]["commit"], steps[0]["date"], rows[0]["date"]), ("abc", "2026-01-02", "2026-01-02"))
        # What failed is listed, and the cases after it were measured.
        self.assertIn("not measured: 32/8/1/512 two_pass: too many candidates", output)
        self.assertIn("the process ended (status 7): cannot go on", output)
        self.assertIn("not measured: 32/8/1/512 dense, torch cudnn: no kernel", output)
        self.assertIn("L2 is cold; the median of 20 replays", output)
        self.assertRegex(output, r"32/8/1/4096 l1 +10.00 +41.0 +4.1x +1.05 +10% +1,000 +; 40 50; spills 16 bytes")
        with open(records.csv_path(self.json), encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        self.assertEqual(len(table), len(rows))
        self.assertEqual({row["registers"] for row in table if row["suite"] == "gpu"}, {"40 50"})

    def test_stops_in_time(self):
        status, output = self.measure("--shapes", "32/8/1/512", "--minutes=0.1")
        self.assertEqual(status, 1)
        self.assertIn("32/8/1/512 l1: skipped, since the 0.1 minutes are over", output)
        self.assertFalse(self.json.exists())

    def test_joins_earlier_runs(self):
        first, second = self.folder / "first.json", self.folder / "second.json"
        first.write_text(json.dumps([step(8192, 10.0)]))
        second.write_text(json.dumps([step(8192, 8.0), dense(8192, 16.0)]))
        status, output = self.run_driver(f"--json={self.json}", "--join", first, second)
        self.assertEqual(status, 0, output)
        self.assertEqual([row.get("ratio") for row in records.read(self.json)], [2.0, None])

    def test_messages(self):
        for arguments, message in (
            (["--shapes", "1/2"], "expected Hq/Hkv/B/N"),
            (["--bench=/nonexistent"], "expected adamas-bench-gpu there, but there is no such file"),
            (["--join", "/nonexistent.json"], "No such file"),
        ):
            with self.subTest(message):
                status, output = self.run_driver(*arguments)
                self.assertEqual(status, 1)
                self.assertIn(message, output)

    def test_no_answer_in_time(self):
        worker = Worker([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
        self.assertIn("no answer in 0 s", worker.ask({})["error"])
        self.assertIn("No such file", Worker(["/nonexistent"], 1).ask({})["error"])
        noise = Worker([sys.executable, "-c", "input(); print('hello')"], 30)
        self.assertIn("expected a line of JSON, but got 'hello", noise.ask({})["error"])


if __name__ == "__main__":
    unittest.main()
