# Holds adamas-run against the NumPy reference on real data: every list of positions exactly.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs `adamas-run --sweep --json`, which gives a digest of the positions of every row, over bits, policies and
threshold modes, and compares each digest with that of the NumPy reference; recall, mass and error follow from the same
sets. Then runs single steps with `--out` and compares all their tensors. Prints what it compared; exits with 1 and the
first difference if there is one."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from adamas.reference import attention, calibration, codes, decode, distance, safetensors, selection
from adamas.reference.decode import TWO_PASS_PLANES, TWO_PASS_RATIO, TWO_PASS_SINK

METRICS = {"decode_l1": "l1", "decode_weighted": "weighted", "decode_two_pass": "two_pass"}
# Bits, policy and thresholds (None: what a sweep chooses) of the everyday run: every value at least twice, every bits
# with every metric.
EVERYDAY = [
    (None, None, None),
    (1, "per_kv_head", "quantile"),
    (2, "per_kv_head", "paper"),
    (3, "per_query_head", "uniform"),
    (4, "per_kv_head", "uniform"),
]
GRID = [
    (bits, policy, mode)
    for bits in (1, 2, 3, 4)
    for policy in ("per_query_head", "per_kv_head")
    for mode in ("paper", "quantile", "uniform")
    if mode != "paper" or bits == 2
] + [(None, None, None)]
METRIC_TOLERANCE = 1e-6


class Data:
    """The sample, and what does not depend on budgets, computed once."""

    def __init__(self, path):
        self.path = path
        self.tensors, _ = safetensors.load(path)
        self.query, self.key, self.value = (self.tensors[name] for name in ("query", "key", "value"))
        self.query = self.query[:, None] if self.query.ndim == 3 else self.query
        self.kv_heads = self.key.shape[1]
        self.lengths = distance.visible_lengths(
            self.tensors["seq_lens"], self.query.shape[1], len(self.query), self.key.shape[2]
        )
        self.dense = attention.dense_attention(self.query, self.key, self.value, self.lengths)
        self.exact = {}

    def thresholds(self, mode, bits):
        """The sets of spec buk-6; the file brings the quantiles of queries inside the prefix."""
        sets = calibration.calibrate(self.key, mode, bits)
        if mode == "quantile":
            given = self.tensors[f"query_quantiles_{max(bits, 2)}"]
            sets["query_thresholds"] = given[:, 1:2] if bits == 1 else given
        return sets

    def exact_topk(self, budget, sink):
        if (budget, sink) not in self.exact:
            self.exact[budget, sink] = selection.exact_topk(self.query, self.key, self.lengths, budget, sink)[0]
        return self.exact[budget, sink]


class Scan:
    """One metric with one set of thresholds: its distances, and the selection of any budget."""

    def __init__(self, data, metric, bits, policy, mode):
        self.data, self.metric, self.bits, self.policy = data, metric, bits, policy
        sets = data.thresholds(mode, bits)
        self.keys = codes.encode_keys(data.key, sets["thresholds"], bits, sets["offset"])
        if metric == "l1":
            queries = codes.encode_queries(data.query, sets["query_thresholds"], bits, data.kv_heads)
            self.distances = distance.l1_distance(queries, self.keys, bits, None, policy, data.lengths)
        else:
            self.weights = distance.weigh(data.query, data.kv_heads, policy)
            planes = min(TWO_PASS_PLANES, bits) if metric == "two_pass" else None
            self.distances = distance.weighted_distance(self.weights, self.keys, bits, planes, data.lengths)
        self.sink = TWO_PASS_SINK if metric == "two_pass" else 0

    def select(self, budget):
        lengths = self.data.lengths
        if self.metric != "two_pass":
            return selection.topk(self.distances, lengths, budget, self.sink)[0]
        wide = selection.topk(self.distances, lengths, TWO_PASS_RATIO * budget, self.sink)[0]
        rescored = distance.weighted_distance(self.weights, self.keys, self.bits, None, lengths, wide)
        return selection.topk(rescored, lengths, budget, self.sink, candidates=wide)[0]


def digest(indices):
    return hashlib.sha1(np.ascontiguousarray(indices.astype("<i4")).tobytes()).hexdigest()


def run(arguments):
    done = subprocess.run(["adamas-run", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"adamas-run {' '.join(arguments)}: expected success, but got exit {done.returncode}: {done.stderr}")
    return done.stdout


def baseline(data, row):
    """The positions that a row of somebody else's method selects."""
    budget = row["budget"]
    if row["method"] == "exact top-k":
        return data.exact_topk(budget, 0)
    if row["method"] == "quest, page 16":
        return selection.quest(data.query, data.key, data.lengths, budget)[0]
    return selection.sink_recent(data.lengths, data.query.shape[2], budget)[0]


def check_numbers(data, row, indices, sink):
    """Recall, mass and error of the same set, the error within what rounding the output to f16 adds."""
    sparse = attention.sparse_attention(data.query, data.key, data.value, indices)
    expected = {
        "recall": attention.recall(indices, data.exact_topk(row["budget"], sink)).mean(),
        "mass": attention.mass(sparse, data.dense).mean(),
        "error": attention.output_error(sparse.output, data.dense).mean(),
    }
    for name, value in expected.items():
        allowed = 5e-4 if name == "error" else METRIC_TOLERANCE
        if abs(row[name] - value) > allowed:
            sys.exit(f"{row}: expected {name} {value:.7f}, but got {row[name]:.7f}")


def compare_sweep(data, modules, target, bits, policy, mode, numbers):
    """One call of `adamas-run --sweep`. Returns how many rows agreed."""
    flags = ["--sweep", "--json", f"--target={target}", f"--data={data.path}", "--repeat=1"]
    flags += [f"--bits={bits}"] * (bits is not None) + [f"--policy={policy}"] * (policy is not None)
    flags += [f"--thresholds={mode}"] * (mode is not None)
    rows = json.loads(run(modules + flags))["rows"]
    scans, compared = {}, 0
    for row in rows:
        if row["method"] not in METRICS:
            if mode is None:
                indices, sink = baseline(data, row), 0
            else:
                continue  # the same in every sweep
        else:
            key = (METRICS[row["method"]], row["bits"], row["policy"], row["thresholds"])
            if key not in scans:
                scans[key] = Scan(data, *key)
            indices, sink = scans[key].select(row["budget"]), scans[key].sink
        squeezed = indices[:, 0] if data.tensors["query"].ndim == 3 else indices
        if digest(squeezed) != row["indices_sha1"]:
            sys.exit(f"{row}: expected the positions of the NumPy reference, but got others")
        if numbers:
            check_numbers(data, row, indices, sink)
        compared += 1
    return compared


def compare_step(data, module, target, folder, bits, policy, mode, budget):
    """One step with `--out`: every tensor of the file."""
    metric = METRICS[os.path.splitext(os.path.basename(module))[0]]
    out = os.path.join(folder, "out.safetensors")
    flags = [f"--data={data.path}", f"--target={target}", f"--out={out}", "--emit-distances"]
    run([module, *flags, f"--bits={bits}", f"--policy={policy}", f"--thresholds={mode}", f"--budget={budget}"])
    got, _ = safetensors.load(out)
    sets = data.thresholds(mode, bits)
    if metric != "l1":
        del sets["query_thresholds"]
    expected = decode(
        data.tensors["query"], data.key, data.value, data.tensors["seq_lens"], metric, bits, budget, policy,
        distances=True, **sets,
    )  # fmt: skip
    names = ["indices", "lengths", "key_codes", "distances", "thresholds", "offset"]
    names += ["query_codes", "query_thresholds"] if metric == "l1" else ["query_weights"]
    for name in names:
        same = got[name].dtype == expected[name].dtype and np.array_equal(got[name], expected[name])
        if not same:
            sys.exit(f"{module} {flags}: expected '{name}' of the NumPy reference, but got another")
    extra = sorted(set(got) - set(names) - {"output", "lse"})
    if extra:
        sys.exit(f"{module}: expected no further tensors, but got {extra}")
    exact = attention.Attention(*(expected[name][:, None] for name in attention.Attention._fields))
    problems = attention.check_attention(got["output"][:, None], exact, "f16", got["lse"][:, None])
    if problems:
        sys.exit(f"{module} {flags}: {problems[0]}")
    return len(names) + 2


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the sample")
    parser.add_argument("--examples", required=True, help="folder of the shipped modules")
    parser.add_argument("--target", default="x86", choices=["x86", "reference"])
    parser.add_argument("--full", action="store_true", help="the whole grid, about ten minutes")
    options = parser.parse_args()
    data = Data(options.data)
    modules = {metric: os.path.join(options.examples, f"{name}.mlir") for name, metric in METRICS.items()}

    compared = 0
    for bits, policy, mode in GRID if options.full else EVERYDAY:
        # The two-pass module is one of 4-bit codes.
        chosen = [m for metric, m in modules.items() if metric != "two_pass" or bits in (None, 4)]
        numbers = options.full or (bits, policy, mode) == (None, None, None)
        compared += compare_sweep(data, chosen, options.target, bits, policy, mode, numbers)
        print(f"bits {bits}, policy {policy}, thresholds {mode}: all rows agree", flush=True)
    tensors = 0
    with tempfile.TemporaryDirectory() as folder:
        for metric, bits, policy, mode, budget in [
            ("l1", 2, "per_query_head", "quantile", 128),
            ("weighted", 3, "per_kv_head", "uniform", 100),
            ("two_pass", 4, "per_query_head", "uniform", 64),
        ]:
            tensors += compare_step(data, modules[metric], options.target, folder, bits, policy, mode, budget)
    print(f"{compared} rows of sweeps and {tensors} tensors of single steps agree with NumPy")


if __name__ == "__main__":
    main()
