#!/usr/bin/env python3
# Measures a decode step that is put together from the best parts there are, to be set beside ours.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The same method as decode_l1 with one selection a query head, from parts:

    scan       our own kernels, as adamas-bench-gpu times them: rotation and codes of the query, then the distances of all tokens
    selection  FlashInfer's top_k_page_table_transform with each of its algorithms, its top_k, or torch.topk, over distances in f16
               (which holds them exactly)
    attention  FlashInfer's decode over pages of one token, a request a query head; or gathered rows and
               scaled_dot_product_attention

Nobody ships this; each record's method names its parts. Selection and attention run in one CUDA graph, one after the other:
`tail_us`. Distances are warm, as after a scan, keys and values cold. `select_us` is the selection alone, up to rows of the cache: a
page table gives them in the same launch, where decode reads them; else a sum of offsets and a copy follow. `attend_us` is the rest
of the tail, `time_us` scan and tail; what a launch between scan and tail costs is left out, in favour of the parts.

    benchmarks/decode/best_parts.py --json=parts.json
    benchmarks/decode/run.py --json=RECORD --join RECORD parts.json
"""

import argparse
import contextlib
import datetime
import functools
import importlib.util
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "benchmarks" / "gpu")]

import cases  # noqa: E402  (the path is set above)
import records  # noqa: E402
import run  # noqa: E402
from worker import Worker  # noqa: E402

SHAPES = tuple("/".join(map(str, (*model, tokens))) for model in cases.MODELS for tokens in cases.TABLE)
HEAD_DIM = 128
# Largest L1 distance of 128 dimensions of 2-bit codes.
LARGEST_DISTANCE = 3 * HEAD_DIM
SCAN_KERNELS = 2  # of a staged step: the query's rows, the scan
# FlashInfer's choice among them was measured on another GPU, so that each is tried: two of a radix, one of CUB.
ALGORITHM, ALGORITHMS = "FLASHINFER_TOPK_ALGO", ("filtered", "multi_cta", "cub")


def scan_time(answer):
    """Microseconds of a staged step that ends with its scan, or an error."""
    if "error" in answer:
        raise ValueError(answer["error"])
    stages = answer.get("stages_us", [])
    if len(stages) <= SCAN_KERNELS or answer.get("fusion") != "stages":
        raise ValueError(f"expected a step of more than {SCAN_KERNELS} kernels, fusion stages, but got {len(stages)}, {answer.get('fusion')}")
    return stages[SCAN_KERNELS - 1]


@contextlib.contextmanager
def algorithm(name):
    """FlashInfer reads its choice at every call."""
    before = os.environ.get(ALGORITHM)
    os.environ[ALGORITHM] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ[ALGORITHM]
        else:
            os.environ[ALGORITHM] = before


def compose(case, names, scan_us, select_us, tail_us, common):
    """The record of one combination of parts."""
    measured = {name: case[name] for name in (*cases.SHAPE, "module", "policy", "budget", "page_size")}
    return {
        "suite": "gpu-composed",
        "method": f"composed: our scan, {names[0]}, {names[1]}",
        **measured,
        "head_dim": HEAD_DIM,
        "dtype": "f16",
        "scan_us": scan_us,
        "select_us": select_us,
        "attend_us": tail_us - select_us,
        "tail_us": tail_us,
        "time_us": scan_us + tail_us,
        **common,
    }


class Parts:
    """Selection and attention at one shape, on this machine's GPU."""

    def __init__(self, case, replays):
        import torch

        import torch_dense

        self.torch, self.dense, self.case, self.replays = torch, torch_dense, case, replays
        rows = case["batch"] * case["query_heads"]
        tokens, group = case["tokens"], case["query_heads"] // case["kv_heads"]
        # Sums of differences: bell-shaped, with ties, as distances are.
        steps = torch.randint(0, 4, (8, rows, tokens), device="cuda", dtype=torch.int16)
        self.distances = (steps.sum(0) * (LARGEST_DISTANCE // 24)).to(torch.float16)
        del steps
        self.nearness = -self.distances
        # A query head's first row in the cache as a list of rows.
        heads = torch.arange(rows, device="cuda") // group
        self.offsets = (heads * tokens).view(rows, 1)
        # For FlashInfer: rows of each KV head's tokens, the KV head and the length of each query head; what its decode reads.
        self.table = torch.arange(rows // group * tokens, dtype=torch.int32, device="cuda").view(rows // group, tokens)
        self.caches, self.lengths = heads.int(), torch.zeros(rows, dtype=torch.int32, device="cuda") + tokens
        self.pages = torch.zeros(rows, case["budget"], dtype=torch.int32, device="cuda")
        # The selection is the same every time, so every launch sees the cache a row further on: other rows, which are cold.
        read = 2 * rows * case["budget"] * HEAD_DIM * 2
        count = min(torch_dense.MOST_SETS, max(2, torch_dense.ROTATED_BYTES // read + 1))
        length = case["batch"] * case["kv_heads"] * tokens
        key, value = (torch_dense.random_half(length + count, HEAD_DIM) for _ in range(2))
        self.sets = [
            (torch_dense.random_half(rows, 1, HEAD_DIM), key[first : first + length], value[first : first + length]) for first in range(count)
        ]

    def selections(self):
        """(name, function that gives the rows of the cache of every query head)."""
        budget = self.case["budget"]
        yield "torch.topk", lambda: self.torch.topk(self.distances, budget, largest=False, sorted=False)[1] + self.offsets
        if importlib.util.find_spec("flashinfer"):
            yield "FlashInfer top_k", lambda: self._flashinfer().top_k(self.nearness, budget)[1] + self.offsets
            for name in ALGORITHMS:
                yield f"FlashInfer top_k_page_table_transform ({name})", functools.partial(self._looked_up, name)

    def attentions(self):
        """(name, function that gives the function of query, key, value and rows)."""
        yield "gather and SDPA", lambda: self._gathered
        if importlib.util.find_spec("flashinfer"):
            yield "FlashInfer decode, pages of 1", self._paged

    @staticmethod
    def _flashinfer():
        import flashinfer

        return flashinfer

    def _looked_up(self, name):
        """The rows that the selection finds in the page table; it writes them where the decode reads them."""
        with algorithm(name):
            return self._flashinfer().top_k_page_table_transform(
                self.nearness, self.table, self.lengths, self.case["budget"], row_to_batch=self.caches, out=self.pages
            )

    def _gathered(self, query, key, value, rows):
        budget = self.case["budget"]
        flat = rows.reshape(-1)
        keys, values = (cache.index_select(0, flat).view(-1, 1, budget, HEAD_DIM) for cache in (key, value))
        return self.torch.nn.functional.scaled_dot_product_attention(query.unsqueeze(1), keys, values)

    def _paged(self):
        torch, budget = self.torch, self.case["budget"]
        requests = len(self.offsets)
        starts = torch.arange(0, (requests + 1) * budget, budget, dtype=torch.int32, device="cuda")
        pages = self.pages.view(-1)
        last = torch.ones(requests, dtype=torch.int32, device="cuda")
        workspace = torch.zeros(256 << 20, dtype=torch.uint8, device="cuda")
        # With graphs it keeps our page list, which the selection fills on the device.
        wrapper = self._flashinfer().BatchDecodeWithPagedKVCacheWrapper(
            workspace, "NHD", use_cuda_graph=True, paged_kv_indptr_buffer=starts.clone(), paged_kv_indices_buffer=pages,
            paged_kv_last_page_len_buffer=last.clone(),
        )  # fmt: skip
        wrapper.plan(starts, pages.clone(), last, 1, 1, HEAD_DIM, 1, q_data_type=torch.float16, kv_data_type=torch.float16)

        def attend(query, key, value, rows):
            if rows.data_ptr() != pages.data_ptr():
                pages.copy_(rows.reshape(-1))
            return wrapper.run(query, (key.view(-1, 1, 1, HEAD_DIM), value.view(-1, 1, 1, HEAD_DIM)))

        return attend

    def check(self, select, attend):
        """The largest difference from attention over the true nearest distances; ties make several sets right, so the distances of
        the set are compared, and the output with that over the same set."""
        torch, budget = self.torch, self.case["budget"]
        rows = select()
        chosen = rows.long() - self.offsets
        inside = bool((chosen >= 0).all() and (chosen < self.case["tokens"]).all())
        found = self.distances.gather(1, chosen).sort(1)[0] if inside else None
        if found is None or not torch.equal(found, self.distances.sort(1)[0][:, :budget]):
            raise ValueError("expected the nearest distances, but the selection has others")
        query, key, value = self.sets[0]
        expected, got = self._gathered(query, key, value, rows), attend(query, key, value, rows)
        difference = (expected.reshape(-1).float() - got.reshape(-1).float()).abs().max().item()
        if not difference < 0.02:
            raise ValueError(f"expected outputs within 0.02 of attention over the same rows, but they differ by {difference:g}")

    def measure(self, select, attend):
        """(selection alone, selection and attention)."""
        with self.torch.inference_mode():
            self.check(select, attend)
            alone = self.dense.time_calls([()] * 20, select, self.replays)
            tail = self.dense.time_calls(self.sets, lambda query, key, value: attend(query, key, value, select()), self.replays)
        return alone, tail


def measure_shape(case, bench, replays, common):
    """(records of every combination, problems)."""
    name = records.describe(case)
    try:
        scan_us = scan_time(bench.ask(case | {"fusion": "stages", "kernels": True}))
        parts = Parts(case, replays)
    except (ValueError, ImportError, RuntimeError) as error:
        return [], [f"{name}: {error}"]
    measured, problems = [], []
    for attention, prepare in parts.attentions():
        try:
            attend = prepare()
        except Exception as error:  # whatever a library raises, the other parts are measured
            problems.append(f"{name}, {attention}: {error}")
            continue
        for selection, select in parts.selections():
            try:
                times = parts.measure(select, attend)
            except Exception as error:
                problems.append(f"{name}, {selection}, {attention}: {error}")
                continue
            measured.append(compose(case, (selection, attention), scan_us, *times, common))
    return measured, problems


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=SHAPES, metavar="Hq/Hkv/B/N", help="default: those of the README's table")
    parser.add_argument("--budget", type=int, default=cases.BUDGET, help="tokens selected (default: %(default)s)")
    parser.add_argument("--replays", type=int, default=20, help="replays timed (default: 20)")
    parser.add_argument("--json", help="where to write the records, and a .csv beside them")
    parser.add_argument("--bench", type=pathlib.Path, default=run.default_bench(), help="adamas-bench-gpu (default: of build/bin)")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="of the records (default: today)")
    parser.add_argument("--commit", default=None, help="of the records (default: as git says)")
    given = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(given)
    try:
        chosen = cases.chosen_cases(options.shapes, ["decode_l1"], cases.POLICIES[:1], [options.budget], [0], ["pdl_wait"])
        import torch
    except (ValueError, ImportError) as error:
        print(f"best_parts.py: error: {error}", file=sys.stderr)
        return 1
    if not torch.cuda.is_available():
        print("best_parts.py: error: expected a GPU that PyTorch can use, but there is none", file=sys.stderr)
        return 1
    import torch_dense

    common = torch_dense.describe_machine() | {
        "date": options.date, "commit": options.commit or run.source_commit(),
        "command": " ".join(["benchmarks/decode/best_parts.py", *run.repeatable(given)]),
    }  # fmt: skip
    bench = Worker([str(options.bench), "--cases=-", f"--replays={options.replays}"], run.STEP_SECONDS)
    every = []
    for number, case in enumerate(chosen, 1):
        measured, problems = measure_shape(case, bench, options.replays, common)
        torch.cuda.empty_cache()
        every += measured
        for record in measured:
            parts = f"{record['scan_us']:.1f} + {record['select_us']:.1f} + {record['attend_us']:.1f}"
            print(f"[{number}/{len(chosen)}] {records.describe(case):22} {record['time_us']:8.1f} us = {parts}  {record['method']}", flush=True)
        for problem in problems:
            print(f"[{number}/{len(chosen)}] not measured: {problem}", flush=True)
        if options.json and every:
            records.write(options.json, every)
    bench.close()
    return 0 if every else 1


if __name__ == "__main__":
    sys.exit(main())
