#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times dense attention on a GPU as adamas-bench-gpu times decode steps: CUDA graph, L2-cold, median.

Methods: PyTorch's scaled_dot_product_attention with flash and cuDNN, and FlashInfer's decode (page size 16, CUDA cores and
tensor cores) where it can be imported; f16, D = 128. Sequences of unequal lengths: flash with lengths of its own (varlen), the
two backends once a sequence on eight streams of one graph, and FlashInfer. A record a shape and method.

With --cases=- it answers a driver: a shape comes in as a line of JSON ({"query_heads", "kv_heads", "batch", "tokens"}, and
"lengths" where they differ), its records go out as a line.
"""

import argparse
import importlib.util
import json
import statistics
import sys

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

HEAD_DIM = 128
BACKENDS = {"torch flash": SDPBackend.FLASH_ATTENTION, "torch cudnn": SDPBackend.CUDNN_ATTENTION}
# Memory that the sets of a shape take together, several times the L2, unless so many sets would be needed.
ROTATED_BYTES, MOST_SETS = 320 << 20, 128
STREAMS = 8
FLASHINFER_PAGE = 16


class Shape:
    """What is measured; `lengths` is None where all sequences are `tokens` long."""

    def __init__(self, query_heads, kv_heads, batch, tokens, lengths=None):
        self.query_heads, self.kv_heads, self.batch, self.tokens = query_heads, kv_heads, batch, tokens
        self.lengths = lengths

    @property
    def each(self):
        return self.lengths or [self.tokens] * self.batch

    @property
    def cache_bytes(self):
        return 2 * sum(self.each) * self.kv_heads * HEAD_DIM * 2

    @property
    def sets(self):
        return min(MOST_SETS, max(2, ROTATED_BYTES // max(1, self.cache_bytes) + 1))

    def fields(self):
        fields = {"query_heads": self.query_heads, "kv_heads": self.kv_heads, "head_dim": HEAD_DIM, "batch": self.batch, "tokens": self.tokens}
        return fields | ({"lengths": self.lengths} if self.lengths else {})


def random_half(*shape):
    """Normal values: 8 MB of them, repeated, so that a cache is made quickly."""
    count = 1
    for size in shape:
        count *= size
    block = torch.randn(min(count, 1 << 22), device="cuda", dtype=torch.float16)
    return block.repeat((count + len(block) - 1) // len(block))[:count].view(*shape)


def sdpa(shape, backend):
    """Sets of tensors and the call that attends to one of them."""
    sets = [
        (
            random_half(shape.batch, shape.query_heads, 1, HEAD_DIM),
            random_half(shape.batch, shape.kv_heads, shape.tokens, HEAD_DIM),
            random_half(shape.batch, shape.kv_heads, shape.tokens, HEAD_DIM),
        )
        for _ in range(shape.sets)
    ]

    def attend(query, key, value):
        with sdpa_kernel(backend):
            return F.scaled_dot_product_attention(query, key, value, enable_gqa=shape.query_heads != shape.kv_heads)

    return sets, attend


def sdpa_each(shape, backend):
    """A call a sequence, on several streams that meet at the end."""
    sets = [
        [
            (
                random_half(1, shape.query_heads, 1, HEAD_DIM),
                random_half(1, shape.kv_heads, length, HEAD_DIM),
                random_half(1, shape.kv_heads, length, HEAD_DIM),
            )
            for length in sorted(shape.each, reverse=True)
        ]
        for _ in range(shape.sets)
    ]
    streams = [torch.cuda.Stream() for _ in range(STREAMS)]

    def attend(*sequences):
        here = torch.cuda.current_stream()
        start = torch.cuda.Event()
        start.record(here)
        for stream in streams:
            stream.wait_event(start)
        with sdpa_kernel(backend):
            for i, (query, key, value) in enumerate(sequences):
                with torch.cuda.stream(streams[i % STREAMS]):
                    F.scaled_dot_product_attention(query, key, value, enable_gqa=shape.query_heads != shape.kv_heads)
        for stream in streams:
            done = torch.cuda.Event()
            done.record(stream)
            here.wait_event(done)

    return sets, attend


def flash_varlen(shape):
    """Sequences behind each other in one tensor."""
    total = sum(shape.each)
    starts = torch.tensor([0, *torch.tensor(shape.each).cumsum(0).tolist()], dtype=torch.int32, device="cuda")
    queries = torch.arange(shape.batch + 1, dtype=torch.int32, device="cuda")
    sets = [
        (
            random_half(shape.batch, shape.query_heads, HEAD_DIM),
            random_half(total, shape.kv_heads, HEAD_DIM),
            random_half(total, shape.kv_heads, HEAD_DIM),
        )
        for _ in range(shape.sets)
    ]

    def attend(query, key, value):
        return torch.ops.aten._flash_attention_forward(query, key, value, queries, starts, 1, max(shape.each), 0.0, False, False)

    return sets, attend


def flashinfer_decode(shape, tensor_cores):
    """Pages in ascending order, the best for it."""
    import flashinfer

    pages = [(length + FLASHINFER_PAGE - 1) // FLASHINFER_PAGE for length in shape.each]
    starts = torch.tensor([0, *torch.tensor(pages).cumsum(0).tolist()], dtype=torch.int32, device="cuda")
    order = torch.arange(sum(pages), dtype=torch.int32, device="cuda")
    last = torch.tensor([(length - 1) % FLASHINFER_PAGE + 1 for length in shape.each], dtype=torch.int32, device="cuda")
    wrapper = flashinfer.BatchDecodeWithPagedKVCacheWrapper(
        torch.zeros(256 << 20, dtype=torch.uint8, device="cuda"), "HND", use_tensor_cores=tensor_cores
    )
    wrapper.plan(
        starts, order, last, shape.query_heads, shape.kv_heads, HEAD_DIM, FLASHINFER_PAGE,
        q_data_type=torch.float16, kv_data_type=torch.float16,
    )  # fmt: skip
    sets = [
        (
            random_half(shape.batch, shape.query_heads, HEAD_DIM),
            random_half(sum(pages), 2, shape.kv_heads, FLASHINFER_PAGE, HEAD_DIM),
        )
        for _ in range(shape.sets)
    ]
    return sets, wrapper.run


def methods(shape):
    """(name, function that prepares it) of what this machine can measure."""
    for name, backend in BACKENDS.items():
        if shape.lengths:
            yield f"{name}, a call a sequence", lambda backend=backend: sdpa_each(shape, backend)
        else:
            yield name, lambda backend=backend: sdpa(shape, backend)
    if shape.lengths:
        yield "torch flash varlen", lambda: flash_varlen(shape)
    if importlib.util.find_spec("flashinfer"):
        yield "flashinfer", lambda: flashinfer_decode(shape, False)
        yield "flashinfer tensor cores", lambda: flashinfer_decode(shape, True)


def time_calls(sets, call, replays):
    """The median of `replays` replays of a graph in which `call` takes every set in turn; microseconds of one call."""
    launches = max(20, len(sets))
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            call(*sets[0])
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for i in range(launches):
            call(*sets[i % len(sets)])
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


def measure(shape, replays, common):
    """A record for every method; one that a backend refuses has an `error` and no `time_us`."""
    records = []
    for name, prepare in methods(shape):
        record = {"suite": "gpu-dense", "method": name, "module": "dense", "dtype": "f16"} | shape.fields()
        try:
            sets, call = prepare()
            with torch.inference_mode():
                record["time_us"] = time_calls(sets, call, replays)
            record["sets"] = len(sets)
        except Exception as error:  # whatever a library raises, the other methods are measured
            record["error"] = (str(error).splitlines() or [type(error).__name__])[0]
        sets = call = None
        torch.cuda.empty_cache()
        records.append(record | common)
    return records


def describe_machine():
    common = {"device": torch.cuda.get_device_name(), "torch": torch.__version__, "cudnn_version": torch.backends.cudnn.version()}
    if importlib.util.find_spec("flashinfer"):
        try:
            import flashinfer

            common["flashinfer"] = flashinfer.__version__
        except Exception as error:  # a broken installation is no reason to measure nothing
            common["flashinfer"] = f"cannot be imported: {error}"
    return common


def answer(replays, common, lines):
    """Answers each line of `lines` with a line."""
    for line in lines:
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            shape = Shape(*(case[name] for name in ("query_heads", "kv_heads", "batch", "tokens")), case.get("lengths"))
            reply = {"records": measure(shape, replays, common)}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=["32/32/1/32768"], metavar="Hq/Hkv/B/N")
    parser.add_argument("--cases", choices=["-"], help="answer shapes of the standard input")
    parser.add_argument("--replays", type=int, default=20, help="replays timed (default 20)")
    parser.add_argument("--json", help="where to write the records")
    parser.add_argument("--date", help="of the run, for the records")
    arguments = parser.parse_args()
    common = describe_machine() | {"date": arguments.date, "command": "torch_dense.py"}
    if arguments.cases:
        answer(arguments.replays, common, sys.stdin)
        return
    records = []
    for text in arguments.shapes:
        for record in measure(Shape(*map(int, text.split("/"))), arguments.replays, common):
            result = f"{record['time_us']:8.1f} us" if "time_us" in record else f"- ({record['error']})"
            print(f"{text:20} {record['method']:24} {result}", flush=True)
            records.append(record)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            file.write("[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n")


if __name__ == "__main__":
    main()
