# Runs the shipped modules on many shapes and compares every tensor of --out with NumPy: compare_shapes.py EXAMPLES TARGET FLAG...
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import subprocess
import sys
import tempfile

import numpy as np
from adamas.reference import attention, calibration, decode, safetensors
from make_input import data

NAMES = {"f16": np.float16, "f32": np.float32, "bf16": "bf16"}
# Metric, bits, dtype, query heads, kv heads, D, N, query tokens, key batch, policy, budget, sink, recent, lengths.
CASES = [
    ("l1", 2, "f16", 4, 2, 32, 40, None, 1, "per_query_head", 16, 0, 1, None),
    ("l1", 1, "f32", 3, 3, 64, 33, None, 3, "per_kv_head", 5, 2, 3, [33, 1, 0]),
    ("l1", 3, "bf16", 7, 1, 128, 100, 2, 1, "per_kv_head", 31, 4, 1, [100, 2, 57]),
    ("l1", 4, "f16", 8, 1, 32, 257, 8, 1, "per_query_head", 64, 0, 16, [257, 8, 0]),
    ("l1", 2, "f32", 5, 5, 256, 17, 1, 3, "per_query_head", 1, 0, 1, [17, 16, 1]),
    ("weighted", 2, "f16", 16, 1, 64, 130, None, 1, "per_kv_head", 50, 1, 2, None),
    ("weighted", 1, "bf16", 4, 4, 32, 5, None, 3, "per_query_head", 16, 4, 1, [0, 1, 5]),
    ("weighted", 3, "f32", 6, 2, 128, 64, 4, 3, "per_kv_head", 20, 0, 1, [64, 4, 40]),
    ("weighted", 4, "f16", 5, 1, 256, 70, 3, 1, "per_query_head", 9, 2, 7, [70, 3, 16]),
    ("two_pass", 4, "f16", 4, 2, 32, 600, None, 1, "per_query_head", 16, 4, 1, None),
    ("two_pass", 2, "f32", 6, 3, 64, 90, 2, 3, "per_kv_head", 8, 4, 2, [90, 2, 0]),
    ("two_pass", 1, "bf16", 3, 1, 128, 48, None, 1, "per_query_head", 7, 0, 1, [48, 8, 1]),
]


def run(case, target, examples, folder, extra):
    metric, bits, dtype, query_heads, kv_heads, dim, tokens, query_tokens, key_batch, policy, budget, sink, recent, lengths = case
    tensors = data(3, query_heads, kv_heads, tokens, dim, query_tokens, key_batch, NAMES[dtype], lengths)
    tensors["seq_lens"] = tensors["seq_lens"].astype(np.int32)
    mode = "quantile" if metric == "l1" else "uniform"
    sets = calibration.calibrate(tensors["key"], mode, bits, tensors["query"] if metric == "l1" else None)
    if metric != "l1":
        del sets["query_thresholds"]
    source, out = os.path.join(folder, "in.safetensors"), os.path.join(folder, "out.safetensors")
    safetensors.save(source, {**tensors, **sets})
    flags = [f"--policy={policy}", f"--budget={budget}", f"--sink={sink}", f"--recent={recent}", f"--target={target}", *extra]
    module = os.path.join(examples, f"decode_{metric}.mlir")
    subprocess.run(["adamas-run", module, f"--data={source}", f"--out={out}", "--emit-distances", *flags], check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    got, _ = safetensors.load(out)
    expected = decode(tensors["query"], tensors["key"], tensors["value"], tensors["seq_lens"], metric, bits, budget,
                      policy, sink, recent, distances=True, **sets)  # fmt: skip
    for name in sorted(set(got) - {"output", "lse"}):
        if got[name].dtype != expected[name].dtype or not np.array_equal(got[name], expected[name]):
            sys.exit(f"{case}: '{name}' differs from NumPy")
    axis = (lambda x: x[:, None]) if query_tokens is None else (lambda x: x)
    exact = attention.Attention(*(axis(expected[name]) for name in attention.Attention._fields))
    problems = attention.check_attention(axis(got["output"]), exact, dtype, axis(got["lse"]))
    if problems or got["output"].shape != tensors["query"].shape or got["output"].dtype != tensors["query"].dtype:
        sys.exit(f"{case}: {problems[0] if problems else 'the output has another shape or type than the query'}")
    return sorted(got)


def main():
    examples, target, *extra = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            print(f"{case[0]} {case[1]} {case[2]}:", *run(case, target, examples, folder, extra))
    print(f"{len(CASES)} shapes agree with NumPy on", target, *extra)


if __name__ == "__main__":
    main()
