#!/usr/bin/env python3
# Measures decode steps on a GPU beside dense attention: one command for the GPU tables.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs adamas-bench-gpu over shapes, modules, policies, budgets and regimes, and the dense attention of PyTorch and FlashInfer at
the same shapes in the same call (benchmarks/gpu/torch_dense.py); writes FILE.json and FILE.csv after each shape.

Needs Python with its standard library; PyTorch with CUDA for the dense columns. Whatever fails costs its own case only, and is
listed at the end. Groups, in the order in which they run:

    table    the shapes of the README, three modules, one selection a query head and one a KV head, with breakdowns
    long     1M tokens
    ragged   32 sequences of 1K to 128K tokens
    short    1K to 16K tokens, for the length from which on we are faster than dense attention
    budgets  k = 64, 256, 1024
    append   steps that write the new token's key, value and codes too, in the same launches
    regimes  without dependent launches, and with codes loaded before the wait
    pages    pages of 64 tokens

Examples:

    benchmarks/decode/run.py --json=results.json --minutes=9
    benchmarks/decode/run.py --json=results.json --shapes 32/8/1/32768 32/8/1/131072 --modules decode_l1 --regimes no_pdl pdl_wait
    benchmarks/decode/run.py --json=results.json --join monday.json tuesday.json
"""

import argparse
import datetime
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import cases  # noqa: E402  (the path is set above)
import records  # noqa: E402
from worker import Worker  # noqa: E402

# A case takes about a second; what takes longer hangs. Dense attention may compile its kernels first.
STEP_SECONDS, DENSE_SECONDS, OPENING_SECONDS = 120, 300, 30
PROTOCOL = """\
Protocol: everything from the query to the output counts (rotation, codes or weights, distances, selection, attention); keys are coded
beforehand. A CUDA graph of 20 or more steps on buffers that rotate, so that the L2 is cold; the median of {replays} replays, after
three that do not count. f16, D = 128, uniform random codes. pdl_wait: dependent launches that read nothing before what is in front
of the step is done. dense: the best of the methods that ran at the shape, in the same call. floor: the bytes of codes that the scan
reads, at the bandwidth of a 1 GiB copy in the same run (read and written bytes together); roof: floor / us. from tokens: the length
from which on the step is faster than dense attention, interpolated between measured ones."""


class Progress:
    """A bar where tqdm is installed and someone looks, else a line a case."""

    def __init__(self, total):
        self.total, self.done, self.bar = total, 0, None
        if sys.stderr.isatty():
            try:
                from tqdm import tqdm

                self.bar = tqdm(total=total, unit="case", dynamic_ncols=True)
            except ImportError:
                pass

    def step(self, text, counts=True):
        self.done += counts
        if self.bar is None:
            print(f"[{self.done}/{self.total}] {text}", flush=True)
            return
        self.bar.write(text)
        self.bar.update(int(counts))

    def close(self):
        if self.bar is not None:
            self.bar.close()


class Run:
    """One call: what it measured so far, and what went wrong."""

    def __init__(self, options, earlier=()):
        self.options = options
        self.records = list(earlier)
        self.problems = []
        self.shapes = set()  # whose dense attention was measured
        self.end = time.monotonic() + options.minutes * 60 if options.minutes else None
        common = [f"--replays={options.replays}", f"--date={options.date}"]
        self.common = {"date": options.date, "commit": options.commit, "command": options.command, "replays": options.replays}
        self.steps = Worker([str(options.bench), "--cases=-", f"--commit={options.commit}", *common], STEP_SECONDS)
        self.dense = None if options.no_dense else Worker([options.python, str(ROOT / "benchmarks/gpu/torch_dense.py"), "--cases=-", *common], DENSE_SECONDS)

    def ask(self, worker, question, seconds):
        """An answer that comes before the time is over, or soon after."""
        if self.end is not None:
            seconds = min(seconds, max(0, self.end - time.monotonic()) + OPENING_SECONDS)
        worker.seconds = seconds
        return worker.ask(question)

    def late(self):
        return self.end is not None and time.monotonic() > self.end - OPENING_SECONDS

    def measure(self, shapes):
        progress = Progress(sum(map(len, shapes)))
        skipped = []
        try:
            for of_shape in shapes:
                if self.late():
                    skipped += of_shape
                    continue
                self.measure_dense(of_shape[0], progress)
                for number, case in enumerate(of_shape):
                    if self.late():
                        skipped += of_shape[number:]
                        break
                    self.measure_step(case, progress)
                self.save()
        finally:
            progress.close()
            self.steps.close()
            if self.dense:
                self.dense.close()
            self.save()
        for case in skipped:
            self.problems.append(f"{records.describe(case)}: skipped, since the {self.options.minutes:g} minutes are over")

    def measure_dense(self, case, progress):
        if not self.dense or cases.shape_of(case) in self.shapes:
            return
        self.shapes.add(cases.shape_of(case))
        asked = {name: case[name] for name in (*cases.SHAPE, "lengths") if case.get(name) is not None}
        answer = self.ask(self.dense, asked, DENSE_SECONDS)
        name = "/".join(str(case[field]) for field in cases.SHAPE) + " dense"
        if "error" in answer:
            self.problems.append(f"{name}: {answer['error']}")
            progress.step(f"{name:44} {answer['error']}", counts=False)
            return
        texts = []
        for record in answer["records"]:
            self.records.append(self.common | {name: value for name, value in record.items() if value is not None})
            texts.append(f"{record['method']} {record['time_us']:.1f}" if "time_us" in record else f"{record['method']} -")
            if "error" in record:
                self.problems.append(f"{name}, {record['method']}: {record['error']}")
        progress.step(f"{name:44} {', '.join(texts)} us", counts=False)

    def measure_step(self, case, progress):
        answer = self.ask(self.steps, case, STEP_SECONDS)
        name = records.describe(case)
        if "error" in answer:
            self.problems.append(f"{name}: {answer['error']}")
            progress.step(f"{name:44} {answer['error']}")
            return
        # How to repeat it is this command, not the one that it calls.
        record = answer | self.common | {"group": case["group"]}
        self.records.append(record)
        dense = next((r["dense_us"] for r in records.join(self.of_shape(record)) if "dense_us" in r), None)
        progress.step(f"{name:44} {record['time_us']:9.2f} us" + (f"  {dense / record['time_us']:.1f}x" if dense else ""))

    def of_shape(self, record):
        return [other for other in self.records if cases.shape_of(other) == cases.shape_of(record)]

    def save(self):
        if self.options.json and self.records:
            records.write(self.options.json, records.complete(self.records))


def source_commit():
    """The commit that is checked out, marked if files differ from it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def default_bench():
    return pathlib.Path(os.environ.get("ADAMAS_BUILD_DIR", ROOT / "build")) / "bin" / "adamas-bench-gpu"


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_argument_group("what")
    what.add_argument("--groups", nargs="+", choices=cases.GROUPS, default=list(cases.GROUPS), metavar="GROUP", help="of those above (default: all)")
    what.add_argument("--quick", action="store_true", help="two models and two lengths of each group")
    what.add_argument("--shapes", nargs="+", metavar="Hq/Hkv/B/N", help="these shapes instead, in every combination of:")
    what.add_argument("--modules", nargs="+", choices=cases.MODULES, metavar="MODULE", help="%(choices)s (default: all)")
    what.add_argument("--policies", nargs="+", choices=cases.POLICIES, metavar="POLICY", help="%(choices)s (default: the first; of groups: all)")
    what.add_argument("--budgets", nargs="+", type=int, metavar="K", help="tokens selected (default: 128)")
    what.add_argument("--pages", nargs="+", type=int, metavar="TOKENS", help="tokens of a page, 0: contiguous (default)")
    what.add_argument("--regimes", nargs="+", choices=cases.REGIMES, metavar="REGIME", help="%(choices)s (default: pdl_wait)")
    what.add_argument("--seed", type=int, default=1, help="of ragged lengths (default: 1)")
    what.add_argument("--no-dense", action="store_true", help="steps only")
    how = parser.add_argument_group("how")
    how.add_argument("--minutes", type=float, default=0, help="skip what is left after this time (default: no limit)")
    how.add_argument("--replays", type=int, default=20, help="replays timed (default: 20)")
    how.add_argument("--json", help="where to write the records, and a .csv beside them")
    how.add_argument("--join", nargs="+", default=[], metavar="FILE", help="records of earlier runs: joined with what is measured; without --groups and --shapes nothing is")
    how.add_argument("--bench", type=pathlib.Path, default=default_bench(), help="adamas-bench-gpu (default: of build/bin)")
    how.add_argument("--python", default=sys.executable, help="the interpreter that has PyTorch (default: this one)")
    how.add_argument("--date", default=datetime.date.today().isoformat(), help="of the records (default: today)")
    how.add_argument("--commit", default=None, help="of the records (default: as git says)")
    how.add_argument("--list", action="store_true", help="print the cases and stop")
    options = parser.parse_args(arguments)
    if options.replays < 20:
        print(f"run.py: note: figures that are published are medians of 20 replays or more, and these of {options.replays}", file=sys.stderr)
    options.commit = options.commit or source_commit()
    options.measures = not options.join or options.shapes or any(a.startswith("--groups") for a in arguments)
    options.command = " ".join(["benchmarks/decode/run.py", *repeatable(arguments)])
    return options


def repeatable(arguments):
    """`arguments` without what names a file, an interpreter or a commit of the day: that is no part of how to repeat a run."""
    kept, dropped = [], False
    for argument in arguments:
        if argument.startswith("--"):
            name, assigned, _ = argument.partition("=")
            left_out = name in ("--json", "--bench", "--python", "--date", "--commit", "--join")
            dropped = left_out and not assigned
            if left_out:
                continue
        elif dropped:
            continue
        kept.append(argument)
    return kept


def list_cases(options):
    if options.shapes:
        return cases.chosen_cases(
            options.shapes, options.modules or cases.MODULES, options.policies or cases.POLICIES[:1], options.budgets or [cases.BUDGET],
            options.pages or [0], options.regimes or ["pdl_wait"],
        )  # fmt: skip
    wanted = {"module": options.modules, "policy": options.policies, "budget": options.budgets, "page_size": options.pages, "regime": options.regimes}
    return [
        case for case in cases.all_cases(options.groups, options.seed, options.quick)
        if all(not values or case[name] in values for name, values in wanted.items())
    ]  # fmt: skip


def main(arguments=None):
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        chosen = list_cases(options) if options.measures else []
        run = Run(options, [record for path in options.join for record in records.read(path)])
    except (ValueError, OSError) as error:
        print(f"run.py: error: {error}", file=sys.stderr)
        return 1
    if options.list:
        print("\n".join(f"{case['group']:8} {records.describe(case)}" for case in chosen))
        return 0
    if options.measures and not options.bench.exists():
        print(f"run.py: error: {options.bench}: expected adamas-bench-gpu there, but there is no such file: build it, or give --bench", file=sys.stderr)
        return 1
    print(PROTOCOL.format(replays=options.replays) + "\n", flush=True)
    started = time.monotonic()
    run.measure(cases.by_shape(chosen))
    completed = records.complete(run.records)
    print("\n" + "\n".join(records.table(completed)))
    copies = sorted({round(record["copy_gbps"]) for record in completed if record.get("copy_gbps")})
    devices = sorted({record["device"] for record in completed if record.get("device")})
    print(f"\n{', '.join(devices) or 'no device'}; copy {', '.join(map(str, copies)) or '-'} GB/s; {time.monotonic() - started:.0f} s")
    for problem in run.problems:
        print(f"not measured: {problem}")
    return 0 if any(records.is_step(record) for record in completed) else 1


if __name__ == "__main__":
    sys.exit(main())
