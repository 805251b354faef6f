# Tests of best_parts.py: what it makes of measurements; with PyTorch, also what it measures, on the CPU.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import types
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import best_parts  # noqa: E402  (the path is set above)
import cases  # noqa: E402
import records  # noqa: E402


def make_case(shape, budget=16):
    return cases.chosen_cases([shape], ["decode_l1"], cases.POLICIES[:1], [budget], [0], ["pdl_wait"])[0]


class Bench:
    def __init__(self, **answer):
        self.answer = answer

    def ask(self, case):
        self.asked = case
        return self.answer


def fake_flashinfer(torch, calls):
    """What is called of FlashInfer, over PyTorch; `calls` gets the names and what each finds in the environment."""

    def nearest(scores, k):
        return torch.topk(scores, k, sorted=False)

    def top_k(input, k):
        calls.append(("top_k", os.environ.get(best_parts.ALGORITHM)))
        return nearest(input, k)

    def top_k_page_table_transform(input, src_page_table, lengths, k, row_to_batch=None, *, out=None):
        calls.append(("top_k_page_table_transform", os.environ[best_parts.ALGORITHM]))
        assert lengths.tolist() == [input.size(1)] * input.size(0)
        tables = src_page_table[row_to_batch.long()]
        return out.copy_(tables.gather(1, nearest(input, k)[1]))

    class BatchDecodeWithPagedKVCacheWrapper:
        def __init__(self, workspace, layout, use_cuda_graph, paged_kv_indptr_buffer, paged_kv_indices_buffer, paged_kv_last_page_len_buffer):
            self.starts, self.pages = paged_kv_indptr_buffer, paged_kv_indices_buffer

        def plan(self, indptr, indices, last_page_len, num_qo_heads, num_kv_heads, head_dim, page_size, *, q_data_type, kv_data_type):
            self.requests = len(last_page_len)

        def run(self, query, cache):
            calls.append(("run", None))
            rows = self.pages.view(self.requests, -1).long()
            keys, values = (part.view(-1, 128)[rows].unsqueeze(1) for part in cache)
            return torch.nn.functional.scaled_dot_product_attention(query.unsqueeze(1), keys, values)

    module = types.ModuleType("flashinfer")
    module.__spec__ = importlib.machinery.ModuleSpec("flashinfer", None)
    module.top_k, module.top_k_page_table_transform = top_k, top_k_page_table_transform
    module.BatchDecodeWithPagedKVCacheWrapper = BatchDecodeWithPagedKVCacheWrapper
    return module


class BestPartsTest(unittest.TestCase):
    def test_scan_is_the_beginning_of_a_staged_step(self):
        self.assertEqual(best_parts.scan_time({"fusion": "stages", "stages_us": [1.0, 9.0, 14.0, 15.0]}), 9.0)
        for answer, message in (
            ({"error": "no memory"}, "no memory"),
            ({"fusion": "step", "stages_us": [15.0]}, "expected a step of more than 2 kernels, fusion stages, but got 1, step"),
            ({"fusion": "stages", "stages_us": [1.0, 9.0]}, "but got 2, stages"),
        ):
            with self.assertRaisesRegex(ValueError, message):
                best_parts.scan_time(answer)

    def test_a_record_is_a_sum_and_joins_nothing(self):
        case = make_case("32/8/1/8192", 128)
        record = best_parts.compose(case, ("torch.topk", "gather and SDPA"), 4.0, 40.0, 52.0, {"device": "a GPU"})
        self.assertEqual(record["time_us"], 56.0)
        self.assertEqual(record["scan_us"] + record["select_us"] + record["attend_us"], record["time_us"])
        self.assertEqual(record["method"], "composed: our scan, torch.topk, gather and SDPA")
        self.assertFalse(record["method"].startswith("adamas"))
        self.assertFalse(records.is_step(record))
        other = record | {"method": "composed: our scan, FlashInfer top_k, gather and SDPA"}
        self.assertEqual(records.complete([record, other]), [record, other])

    def test_messages(self):
        for arguments, blocked, message in ((["--shapes", "1"], [], "expected Hq/Hkv/B/N"), ([], ["torch"], "torch")):
            output = io.StringIO()
            with mock.patch.dict(sys.modules, dict.fromkeys(blocked)), contextlib.redirect_stderr(output):
                self.assertEqual(best_parts.main(arguments), 1)
            self.assertIn(message, output.getvalue())

    def test_a_shape_without_a_scan_is_a_problem(self):
        bench = Bench(error="expected at most 1 page")
        measured, problems = best_parts.measure_shape(make_case("32/8/1/8192"), bench, 20, {})
        self.assertEqual((measured, problems), ([], ["32/8/1/8192 l1 k 16: expected at most 1 page"]))
        self.assertEqual((bench.asked["fusion"], bench.asked["kernels"]), ("stages", True))


@unittest.skipIf(importlib.util.find_spec("torch") is None, "PyTorch is not installed")
class PartsTest(unittest.TestCase):
    """On the CPU, where tensors that are asked for on a GPU are made here."""

    def setUp(self):
        import torch

        self.torch = torch
        for name in ("randn", "randint", "arange", "zeros", "ones"):
            made = getattr(torch, name)
            patch = mock.patch.object(torch, name, lambda *sizes, made=made, **others: made(*sizes, **{k: v for k, v in others.items() if k != "device"}))
            patch.start()
            self.addCleanup(patch.stop)

    def test_rows_are_those_of_their_head(self):
        torch = self.torch
        parts = best_parts.Parts(make_case("8/2/2/512"), 20)
        select = dict(parts.selections())["torch.topk"]
        attend = dict((name, prepare()) for name, prepare in parts.attentions() if "SDPA" in name)["gather and SDPA"]
        parts.check(select, attend)
        chosen = select() - parts.offsets
        query, key, value = parts.sets[1]
        got = attend(query, key, value, select()).reshape(16, 128).float()
        keys, values = (cache.view(2, 2, 512, 128).float() for cache in (key, value))
        for row in range(16):
            sequence, head = divmod(row, 8)
            near = keys[sequence, head // 4, chosen[row]]
            weights = torch.softmax(near @ query[row, 0].float() / 128**0.5, 0)
            self.assertLess((weights @ values[sequence, head // 4, chosen[row]] - got[row]).abs().max().item(), 0.02)

    def test_parts_of_flashinfer(self):
        calls = []
        with mock.patch.dict(sys.modules, {"flashinfer": fake_flashinfer(self.torch, calls)}):
            parts = best_parts.Parts(make_case("8/2/2/512"), 20)
            selections = dict(parts.selections())
            self.assertEqual(len(selections), 2 + len(best_parts.ALGORITHMS))
            for name, prepare in parts.attentions():
                attend = prepare()
                for select in selections.values():
                    parts.check(select, attend)
                self.assertEqual(("run", None) in calls, "pages of 1" in name)
            # What is written where the decode reads it is not copied there.
            rows = selections["FlashInfer top_k_page_table_transform (cub)"]()
            self.assertEqual(rows.data_ptr(), parts.pages.data_ptr())
        self.assertIn(("top_k", None), calls)
        self.assertEqual({what for name, what in calls if name == "top_k_page_table_transform"}, set(best_parts.ALGORITHMS))
        self.assertNotIn(best_parts.ALGORITHM, os.environ)

    def test_a_wrong_part_is_found(self):
        parts = best_parts.Parts(make_case("4/2/1/256"), 20)
        select = dict(parts.selections())["torch.topk"]
        with self.assertRaisesRegex(ValueError, "expected the nearest distances"):
            parts.check(lambda: parts.torch.topk(parts.distances, 16)[1] + parts.offsets, parts._gathered)
        for stranger in (-1, 2 * 256):
            with self.assertRaisesRegex(ValueError, "expected the nearest distances"):
                parts.check(lambda stranger=stranger: parts.torch.full((4, 16), stranger), parts._gathered)
        with self.assertRaisesRegex(ValueError, "expected outputs within 0.02"):
            parts.check(select, lambda query, key, value, rows: parts._gathered(query, key, key, rows))


if __name__ == "__main__":
    unittest.main()
