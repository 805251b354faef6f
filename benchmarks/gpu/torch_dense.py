#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times dense attention of PyTorch on a GPU as adamas-bench-gpu times decode steps: CUDA graph, L2-cold, median.

Backends: flash and cuDNN of scaled_dot_product_attention, f16, D = 128. One row a shape: microseconds of each backend.
With --steps a record of adamas-bench-gpu gets the better backend of each shape as `dense_us` and `dense_method`.
"""

import argparse
import json
import statistics

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

BACKENDS = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}


def time_shape(query_heads: int, kv_heads: int, batch: int, tokens: int, backend: SDPBackend, replays: int) -> float:
    """Microseconds of one decode step: `query` [B, Hq, 1, 128], `key` and `value` [B, Hkv, N, 128]."""
    bytes_of_set = 2 * batch * kv_heads * tokens * 256
    count = min(16, max(2, (320 << 20) // bytes_of_set + 1))
    block = torch.randn(1 << 22, device="cuda", dtype=torch.float16)
    def cache():
        size = batch * kv_heads * tokens * 128
        return block.repeat((size + len(block) - 1) // len(block))[:size].view(batch, kv_heads, tokens, 128)
    sets = [(torch.randn(batch, query_heads, 1, 128, device="cuda", dtype=torch.float16), cache(), cache())
            for _ in range(count)]
    launches = max(20, count)
    def attend(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, enable_gqa=query_heads != kv_heads)
    with sdpa_kernel(backend):
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(3):
                attend(*sets[0])
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for i in range(launches):
                attend(*sets[i % count])
    times = []
    for i in range(replays + 3):
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        graph.replay()
        stop.record()
        stop.synchronize()
        if i >= 3:
            times.append(start.elapsed_time(stop) * 1e3 / launches)
    return statistics.median(times)


SHAPE = ("query_heads", "kv_heads", "batch", "tokens")


def read(path: str) -> list[dict]:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def complete(steps: list[dict], dense: list[dict]) -> list[dict]:
    """`steps` with `dense_us` and `dense_method` of the better backend where `dense` has their shape."""
    best = {}
    for row in dense:
        times = {name: row[name] for name in BACKENDS if row.get(name)}
        if times:
            name = min(times, key=times.get)
            best[tuple(row[key] for key in SHAPE)] = {"dense_us": times[name], "dense_method": f"torch {name}"}
    return [step | best.get(tuple(step.get(key) for key in SHAPE), {}) for step in steps]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=["32/32/1/32768"], metavar="Hq/Hkv/B/N")
    parser.add_argument("--replays", type=int, default=20, help="replays timed (default 20)")
    parser.add_argument("--steps", nargs="*", default=[], metavar="FILE", help="records of adamas-bench-gpu to complete")
    parser.add_argument("--json", help="where to write the record")
    parser.add_argument("--date", help="of the run, for the record")
    arguments = parser.parse_args()
    rows = []
    for text in arguments.shapes:
        query_heads, kv_heads, batch, tokens = map(int, text.split("/"))
        row = {"suite": "gpu-dense", "query_heads": query_heads, "kv_heads": kv_heads, "batch": batch, "tokens": tokens}
        for name, backend in BACKENDS.items():
            try:
                row[name] = time_shape(query_heads, kv_heads, batch, tokens, backend, arguments.replays)
            except RuntimeError as error:  # a backend may refuse a shape
                row[name] = None
                row[f"{name}_error"] = str(error).splitlines()[0]
        rows.append(row)
        print(text, *(f"{name} {row[name]:.1f} us" if row[name] else f"{name} -" for name in BACKENDS), flush=True)
    for row in rows:
        row |= {"device": torch.cuda.get_device_name(), "torch": torch.__version__,
                "cudnn_version": torch.backends.cudnn.version(), "date": arguments.date, "command": "torch_dense.py"}
    rows = complete([step for path in arguments.steps for step in read(path)], rows) + rows
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
