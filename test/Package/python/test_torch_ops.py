# torch.ops.adamas against plans, under opcheck and torch.compile.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import unittest

import numpy as np
from package_support import Case, adamas, needs_library

try:
    import torch

    import adamas.torch  # noqa: F401  (registers the operators)
except ImportError:
    torch = None

needs_torch = unittest.skipIf(torch is None, "there is no PyTorch")


def tensors(case):
    """Key, value, codes, lengths and query of a case as tensors of the same memory."""
    cache = case.cache
    # PyTorch's uint32 knows too few operators: codes are int32.
    found = [torch.from_numpy(a) for a in (cache.key, cache.value, cache.codes.view(np.int32), cache.seq_lens, case.query)]
    return found[:4], found[4]


@needs_torch
@needs_library
class TestOps(unittest.TestCase):
    def test_decode(self):
        for metric in ("weighted", "l1", "two_pass"):
            with self.subTest(metric=metric):
                case = Case(metric=metric)
                cache, query = tensors(case)
                sets = torch.from_numpy(case.thresholds.queries) if metric == "l1" else None
                options = {"metric": metric, "budget": 32, "sink": 4 if metric == "two_pass" else 0}
                got = torch.ops.adamas.decode(query, *cache, sets, **options)
                np.testing.assert_array_equal(got.numpy(), case.plan.decode(case.cache, case.query, case.thresholds).output)
                several = torch.ops.adamas.decode(query[:, None], *cache, sets, **options)
                self.assertTrue(torch.equal(several[:, 0], got))

    def test_bf16_and_several_query_tokens(self):
        case = Case(query_tokens=2)
        cache, query = tensors(case)
        low = [cache[0].bfloat16(), cache[1].bfloat16(), *cache[2:]]
        got = torch.ops.adamas.decode(query.bfloat16(), *low, budget=32)
        self.assertEqual((got.shape, got.dtype), (query.shape, torch.bfloat16))
        torch.testing.assert_close(got.float(), torch.ops.adamas.decode(query, *cache, budget=32), rtol=0.3, atol=0.3)

    def test_append(self):
        case = Case(lengths=(40,))
        (key, value, codes, _), _ = tensors(case)
        empty = [torch.zeros_like(t) for t in (key, value, codes)]
        rows = [t[0, :, :40].transpose(0, 1) for t in (key, value)]
        sets, offset = map(torch.from_numpy, (case.thresholds.keys, case.thresholds.offset))
        torch.ops.adamas.append(*empty, *rows, torch.arange(40, dtype=torch.int32), sets, offset)
        for got, want in zip(empty, (key, value, codes)):
            self.assertTrue(torch.equal(got, want))

    def test_step_is_append_and_decode(self):
        for metric in ("weighted", "l1"):
            with self.subTest(metric=metric):
                case = Case(metric=metric, offset=True)
                (*pools, lengths), query = tensors(case)
                others = [t.clone() for t in pools]
                sets, offset = map(torch.from_numpy, (case.thresholds.keys, case.thresholds.offset))
                queries = torch.from_numpy(case.thresholds.queries) if metric == "l1" else None
                rows = [torch.randn(2, 2, 64) for _ in range(2)]
                slots = lengths - 1 + torch.arange(2, dtype=torch.int32) * case.capacity
                got = torch.ops.adamas.step(*pools, *rows, slots, sets, query, lengths, offset, queries, metric=metric, budget=32)
                torch.ops.adamas.append(*others, *rows, slots, sets, offset)
                want = torch.ops.adamas.decode(query, *others, lengths, queries, metric=metric, budget=32)
                self.assertTrue(torch.equal(got, want))
                for one, other in zip(pools, others):
                    self.assertTrue(torch.equal(one, other))

    def test_calls_of_one_signature_take_their_own_tensors(self):
        cases = [Case(offset=True), Case(lengths=(310, 77), offset=True)]
        for case in [*cases, *cases]:
            (*pools, lengths), query = tensors(case)
            got = torch.ops.adamas.decode(query * 2, *pools, lengths, budget=32)
            want = case.plan.decode(case.cache, case.query * 2).output
            np.testing.assert_array_equal(got.numpy(), want)
            sets, offset = map(torch.from_numpy, (case.thresholds.keys, case.thresholds.offset))
            rows, slots = [torch.randn(2, 2, 64) for _ in range(2)], lengths - 1 + torch.arange(2, dtype=torch.int32) * case.capacity
            got = torch.ops.adamas.step(*pools, *rows, slots, sets, query, lengths, offset, budget=32)
            self.assertTrue(torch.equal(pools[0][1, :, lengths[1] - 1], rows[0][1]))
            self.assertTrue(torch.equal(got, torch.ops.adamas.decode(query, *pools, lengths, budget=32)))
            # Another stride, type or option is looked at anew.
            with self.assertRaisesRegex(ValueError, "query: expected its last axis to be contiguous"):
                torch.ops.adamas.decode(query.flip(-1).as_strided(query.shape, (*query.stride()[:-1], 0)), *pools, lengths, budget=32)
            other = torch.ops.adamas.decode(query * 2, *pools, lengths, budget=8)
            self.assertFalse(torch.equal(other, torch.from_numpy(want)))

    def test_threads_of_pytorch_are_followed(self):
        import adamas.torch

        case, before = Case(), torch.get_num_threads()
        cache, query = tensors(case)
        try:
            for threads in (1, 2, 1):
                torch.set_num_threads(threads)
                torch.ops.adamas.decode(query, *cache, budget=32)
                self.assertEqual(adamas.torch.context_of(query).info()["multiprocessors"], threads)
        finally:
            torch.set_num_threads(before)

    def test_threads_of_pytorch_do_the_work(self):
        if not torch.backends.openmp.is_available():
            self.skipTest("PyTorch has no OpenMP")
        case, before = Case(), torch.get_num_threads()
        cache, query = tensors(case)
        try:
            torch.set_num_threads(3)
            torch.ones(1 << 20).sin()  # makes PyTorch's team
            team = len(os.listdir("/proc/self/task"))
            torch.ops.adamas.decode(query, *cache, budget=32)
            self.assertEqual(len(os.listdir("/proc/self/task")), team)
        finally:
            torch.set_num_threads(before)

    def test_opcheck(self):
        case = Case()
        cache, query = tensors(case)
        torch.library.opcheck(torch.ops.adamas.decode.default, (query, *cache), {"budget": 32})
        sets, offset = map(torch.from_numpy, (case.thresholds.keys, case.thresholds.offset))
        rows = [torch.randn(3, 2, 64) for _ in range(2)]
        arguments = (*cache[:3], *rows, torch.tensor([0, 5, -1], dtype=torch.int32), sets, offset)
        torch.library.opcheck(torch.ops.adamas.append.default, arguments)
        torch.library.opcheck(torch.ops.adamas.step.default, (*arguments[:-1], query, cache[3], offset), {"budget": 32})

    def test_compile(self):
        case = Case()
        cache, query = tensors(case)
        sets, offset = map(torch.from_numpy, (case.thresholds.keys, case.thresholds.offset))

        def step(query, key, value, codes, lengths, new):
            slots = (lengths - 1) + torch.arange(2, dtype=torch.int32) * case.capacity
            torch.ops.adamas.append(key, value, codes, new, new * 2, slots, sets, offset)
            return torch.ops.adamas.decode(query * 2, key, value, codes, lengths, budget=32) + 1

        new = torch.randn(2, 2, 64)
        copies = [t.clone() for t in cache]
        want = step(query, *copies, new)
        # No backend that needs a C++ compiler: tracing and functionalisation are what the operators take part in.
        got = torch.compile(step, fullgraph=True, backend="aot_eager")(query, *cache, new)
        self.assertTrue(torch.equal(got, want))
        for one, other in zip(cache, copies):
            self.assertTrue(torch.equal(one, other))

    def test_errors(self):
        cache, query = tensors(Case())
        for call, kind, text in (
            (lambda: torch.ops.adamas.decode(query.double(), *cache), ValueError, "query: expected f32, but got f64"),
            (lambda: torch.ops.adamas.decode(query[0], *cache), ValueError, r"query: expected \[B, Hq, D\]"),
            (lambda: torch.ops.adamas.decode(query, cache[0].double(), *cache[1:]), ValueError, "key: expected f16, bf16 or f32"),
            (lambda: torch.ops.adamas.decode(query, *cache[:2], cache[2][0], cache[3]), ValueError, "codes: expected rank 6 on cpu"),
            (lambda: torch.ops.adamas.decode(query, *cache, metric="l1"), ValueError, "thresholds: expected those of the queries"),
            (lambda: torch.ops.adamas.decode(query, *cache, page_table=torch.zeros(2, 4, dtype=torch.int32)), NotImplementedError,
             "page_size: expected 0 on the CPU"),
        ):
            with self.subTest(text), self.assertRaisesRegex(kind, text):
                call()


if __name__ == "__main__":
    unittest.main()
