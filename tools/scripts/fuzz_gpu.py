#!/usr/bin/env python3
# Draws decode steps and schedules for a given time and compares what the GPU makes of them with the reference.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs AdamasDeviceTests in rounds, each with another seed: random shapes, pages, budgets, ties and lengths, in random schedules
(parts, fusion, engines, threads, tokens, iterations, regimes). The first failed cases of a round are run once more alone, since an error of the
device may have been another case's; the commands that repeat them stand at the end. A round that crashes or hangs costs itself only.

    tools/scripts/fuzz_gpu.py --minutes=30
    tools/scripts/fuzz_gpu.py --seed=7 --minutes=5     # the rounds of seeds 7, 8, ...
"""

import argparse
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEST = "DeviceGrid.FuzzedSchedulesEqualTheReference"
# Beyond a round's time: cases that are under way, and the start.
GRACE_SECONDS, ALONE_SECONDS = 120, 120
# Failed cases of a round that are run alone.
MOST_ALONE = 5
FAILURE = re.compile(r"case (\d+): (.*?)\nrepeat: ", re.DOTALL)
SUMMARY = re.compile(r"seed \d+: (\d+) cases passed, (\d+) failed, (\d+) were refused")


def default_binary():
    return pathlib.Path(os.environ.get("ADAMAS_BUILD_DIR", ROOT / "build")) / "test" / "Unit" / "AdamasDeviceTests"


def execute(binary, environment, seconds):
    """(status, output) of the fuzzing test; a status of None where it hung."""
    command = [str(binary), f"--gtest_filter={TEST}", "--gtest_color=no"]
    try:
        done = subprocess.run(
            command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=seconds, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        output = error.stdout or ""
        return None, output if isinstance(output, str) else output.decode(errors="replace")


class Fuzzer:
    def __init__(self, options):
        self.options = options
        self.passed = self.refused = 0
        self.problems = []  # (what failed, command)

    def environment(self, seed, seconds, **others):
        settings = {"ADAMAS_TEST_SEED": seed, "ADAMAS_TEST_SECONDS": seconds, "ADAMAS_TEST_THREADS": self.options.threads} | others
        return {name: str(value) for name, value in settings.items()}

    def command(self, environment):
        return " ".join(f"{name}={value}" for name, value in environment.items()) + f" {shlex.quote(str(self.options.binary))} --gtest_filter={TEST}"

    def round(self, seed, seconds):
        """One round; False where there is no GPU to run it on."""
        environment = self.environment(seed, seconds)
        status, output = execute(self.options.binary, environment, seconds + GRACE_SECONDS)
        if "[  SKIPPED ]" in output:
            print(output.strip(), file=sys.stderr)
            return False
        counted = SUMMARY.search(output)
        if counted:
            self.passed += int(counted[1])
            self.refused += int(counted[3])
        failures = FAILURE.findall(output)
        for place, (number, what) in enumerate(failures):
            self.failed_case(seed, number, what, alone=place < MOST_ALONE)
        if status != 0 and not failures:
            ended = "hung" if status is None else f"ended with status {status}"
            last = (output.strip().splitlines() or ["no output"])[-1]
            self.report(f"seed {seed}: the round {ended}: {last}", self.command(environment))
        elif counted is None:
            self.report(f"seed {seed}: expected a summary of the round, but got none", self.command(environment))
        return True

    def failed_case(self, seed, number, what, alone):
        environment = self.environment(seed, 1, ADAMAS_TEST_THREADS=1, ADAMAS_TEST_CASE=number)
        again = "not run alone"
        if alone:
            status, _ = execute(self.options.binary, environment, ALONE_SECONDS)
            again = "hangs alone" if status is None else "passes alone" if status == 0 else "fails alone too"
        self.report(f"seed {seed}, case {number}, {again}: {what}", self.command(environment))

    def report(self, what, command):
        self.problems.append((what, command))
        print(f"FAILED: {what}\n  repeat: {command}", flush=True)

    def run(self):
        start = time.monotonic()
        end = start + self.options.minutes * 60
        seed = self.options.seed
        while time.monotonic() < end:
            seconds = max(1, int(min(self.options.round, end - time.monotonic())))
            if not self.round(seed, seconds):
                return 1
            elapsed = time.monotonic() - start
            print(f"[{elapsed:5.0f} s] seed {seed}: {self.passed} passed, {self.refused} refused, {len(self.problems)} problems so far", flush=True)
            seed += 1
        print(f"{self.passed} cases passed, {self.refused} were refused for what the chip lacks, {len(self.problems)} failed")
        for what, command in self.problems:
            print(f"{what}\n  repeat: {command}")
        return 1 if self.problems or not self.passed else 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5, help="how long (default: %(default)s)")
    parser.add_argument("--round", type=int, default=60, help="seconds of a round (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="of the first round (default: drawn)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 4, help="cases at a time (default: one a core)")
    parser.add_argument("--binary", type=pathlib.Path, default=default_binary(), help="AdamasDeviceTests (default: that of build)")
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1, 1 << 30)
    if not options.binary.exists():
        print(f"fuzz_gpu.py: error: {options.binary}: expected AdamasDeviceTests there, but there is no such file: build it, or give --binary", file=sys.stderr)
        return 1
    return Fuzzer(options).run()


if __name__ == "__main__":
    sys.exit(main())
