# Tests of fuzz_gpu.py against programs that stand in for AdamasDeviceTests.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import io
import os
import pathlib
import stat
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "scripts"))

import fuzz_gpu  # noqa: E402  (the path is set above)

PASSES = 'print(f"seed {seed}: 40 cases passed, 0 failed, 2 were refused")'
# Case 3 fails whenever it runs, case 5 only beside others.
FAILS = """
case = os.environ.get("ADAMAS_TEST_CASE")
if case != "5":
    print("DeviceGridTest.cpp:1: Failure\\nFailed\\ncase 3: metric 0: 'indices': expected 1, but got 2\\nrepeat: ...")
if case is None:
    print("DeviceGridTest.cpp:1: Failure\\nFailed\\ncase 5: metric 1: CUDA_ERROR_ILLEGAL_ADDRESS\\nrepeat: ...")
    print(f"seed {seed}: 7 cases passed, 2 failed, 0 were refused")
sys.exit(case != "5")
"""


class FuzzTest(unittest.TestCase):
    def run_fuzzer(self, body, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            binary = pathlib.Path(folder, "tests")
            binary.write_text(f"#!{sys.executable}\nimport os, sys, time\nseed = os.environ['ADAMAS_TEST_SEED']\ntime.sleep(0.2)\n{body}\n")
            binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
            output = io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                status = fuzz_gpu.main([f"--binary={binary}", "--seed=7", "--minutes=0.002", *arguments])
        return status, output.getvalue()

    def test_counts(self):
        status, output = self.run_fuzzer(PASSES)
        self.assertEqual(status, 0, output)
        self.assertIn("seed 7: 40 passed, 2 refused, 0 problems so far", output)
        self.assertIn("40 cases passed, 2 were refused for what the chip lacks, 0 failed", output)

    def test_rounds_have_other_seeds(self):
        status, output = self.run_fuzzer(PASSES, "--minutes=0.02", "--round=1")
        self.assertEqual(status, 0, output)
        self.assertIn("seed 8: 80 passed", output)

    def test_failures_are_run_alone(self):
        status, output = self.run_fuzzer(FAILS)
        self.assertEqual(status, 1)
        self.assertIn("seed 7, case 3, fails alone too: metric 0: 'indices': expected 1, but got 2", output)
        self.assertIn("seed 7, case 5, passes alone: metric 1: CUDA_ERROR_ILLEGAL_ADDRESS", output)
        self.assertRegex(output, r"repeat: ADAMAS_TEST_SEED=7 ADAMAS_TEST_SECONDS=1 ADAMAS_TEST_THREADS=1 ADAMAS_TEST_CASE=3 \S+/tests --gtest_filter=DeviceGrid.Fuzzed")
        self.assertIn("7 cases passed, 0 were refused for what the chip lacks, 2 failed", output)

    def test_a_crash_is_a_failure(self):
        status, output = self.run_fuzzer('print("here", flush=True); os.kill(os.getpid(), 11)')
        self.assertEqual(status, 1)
        self.assertIn("seed 7: the round ended with status -11: here", output)
        self.assertRegex(output, r"repeat: ADAMAS_TEST_SEED=7 ADAMAS_TEST_SECONDS=1 ADAMAS_TEST_THREADS=\d+ \S+/tests --gtest_filter=")

    def test_a_hang_is_a_failure(self):
        grace = fuzz_gpu.GRACE_SECONDS
        self.addCleanup(setattr, fuzz_gpu, "GRACE_SECONDS", grace)
        fuzz_gpu.GRACE_SECONDS = -0.5
        status, output = self.run_fuzzer("time.sleep(30)")
        self.assertEqual(status, 1)
        self.assertIn("seed 7: the round hung: no output", output)

    def test_no_gpu_and_no_binary(self):
        status, output = self.run_fuzzer('print("no driver\\n[  SKIPPED ] DeviceGrid")')
        self.assertEqual(status, 1)
        self.assertIn("no driver", output)
        output = io.StringIO()
        with contextlib.redirect_stderr(output):
            self.assertEqual(fuzz_gpu.main(["--binary=/nonexistent"]), 1)
        self.assertIn("expected AdamasDeviceTests there, but there is no such file", output.getvalue())

    def test_the_test_exists(self):
        suite, name = fuzz_gpu.TEST.split(".")
        text = pathlib.Path(ROOT, "test/Unit/Device/DeviceGridTest.cpp").read_text(encoding="utf-8")
        self.assertIn(f"TEST({suite}, {name})", text)


if __name__ == "__main__":
    unittest.main()
