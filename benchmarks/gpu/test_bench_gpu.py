# Tests of adamas-bench-gpu where there is no GPU: its messages, and how it answers a driver, on the runtime's stand-in for CUDA.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import pathlib
import subprocess
import unittest

BUILD = pathlib.Path(os.environ.get("ADAMAS_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build"))
BENCH = BUILD / "bin" / "adamas-bench-gpu"
CUDA = BUILD / "test" / "Unit" / "libAdamasRuntimeFakeCuda.so"
CASE = {"query_heads": 4, "kv_heads": 1, "batch": 1, "tokens": 2048, "module": "decode_l1", "budget": 64}


@unittest.skipUnless(BENCH.exists() and CUDA.exists(), "adamas-bench-gpu or the stand-in for CUDA is not built")
class BenchTest(unittest.TestCase):
    def run_bench(self, *arguments, text=""):
        environment = {"ADAMAS_LIBCUDA": str(CUDA), "FAKE_CUDA": "block_bytes=64;forget_launches=1", "ADAMAS_PTXAS": ""}
        return subprocess.run([BENCH, *arguments], input=text, capture_output=True, text=True, env=os.environ | environment, check=False)

    def test_messages(self):
        for argument, message in (
            ("--shapes=32/8/1", "--shapes expects Hq/Hkv/B/N, such as 32/8/1/32768, but got '32/8/1'"),
            ("--shapes=32/8/0/5", "--shapes expects numbers from 1 on in Hq/Hkv/B/N, but got '32/8/0/5'"),
            ("--modules=l2", "module: expected l1, weighted, two_pass, dense or append, but got 'l2'"),
            ("--regime=eager", "regime: expected no_pdl, pdl_wait or pdl_prefetch, but got 'eager'"),
            ("--budget=0", "budget: expected 1 or more, but got 0"),
            ("--lengths=5,6", "lengths: expected one for each of 1 sequences, but got 2"),
            ("--lengths=70000", "lengths: expected 0 to 32768, but got 70000"),
        ):
            with self.subTest(argument):
                done = self.run_bench(argument)
                self.assertEqual(done.returncode, 1)
                self.assertIn(message, done.stderr)

    def test_answers_a_line_with_a_line(self):
        asked = [
            CASE | {"kernels": True, "fusion": "stages"},
            CASE | {"batch": 2, "lengths": [2048, 100], "module": "decode_two_pass", "policy": "per_kv_head", "regime": "pdl_prefetch", "page_size": 16},
            CASE | {"engine": "abacus"},
            CASE | {"tokens": "many"},
        ]
        done = self.run_bench("--cases=-", "--replays=1", "--commit=abc", "--date=2026-01-02", text="".join(json.dumps(case) + "\n" for case in asked) + "[]\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second, *errors = (json.loads(line) for line in done.stdout.splitlines())
        self.assertEqual({name: first[name] for name in CASE}, CASE)
        self.assertEqual((first["suite"], first["method"], first["regime"], first["policy"]), ("gpu", "adamas", "pdl_wait", "per_query_head"))
        self.assertEqual((first["commit"], first["date"], first["device"]), ("abc", "2026-01-02", "Fake GPU"))
        self.assertEqual(first["code_bytes"], 2048 * 32)
        # The stand-in says 2 us of everything, and 4 registers, 1 byte of shared and 3 of local memory of every kernel.
        count = first["launches"]
        self.assertGreater(count, 2)
        for name in ("kernels", "kernel_us", "stages_us", "threads", "cluster", "registers", "shared_bytes", "spill_bytes"):
            self.assertEqual(len(first[name]), count, name)
        self.assertEqual(first["stages_us"][-1], first["time_us"])
        self.assertAlmostEqual(first["time_us"], 2 / max(20, first["sets"]), places=4)
        self.assertEqual((set(first["registers"]), set(first["spill_bytes"]), first["shared_bytes"][0]), ({4}, {3}, 1))
        self.assertIn("without_attention_us", first)
        self.assertEqual((second["lengths"], second["code_bytes"], second["candidates"], second["page_size"]), ([2048, 100], 2148 * 16, 512, 16))
        self.assertEqual((second["regime"], second["policy"]), ("pdl_prefetch", "per_kv_head"))
        for answer, message in zip(errors, ("engine: expected popc, carry_save, b1, s8 or choose, but got 'abacus'", "expected integer", "case: expected an object, but got []"), strict=True):
            self.assertIn(message, answer["error"])


if __name__ == "__main__":
    unittest.main()
