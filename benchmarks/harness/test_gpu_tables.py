# Tests of gpu_tables.py on small records.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gpu_tables  # noqa: E402  (the path is set above)

STEP = {
    "suite": "gpu", "method": "adamas", "device": "A GPU", "commit": "abc1234", "date": "2026-11-24", "command": "benchmarks/decode/run.py --quick",
    "batch": 1, "query_heads": 32, "kv_heads": 8, "tokens": 32768, "budget": 128, "policy": "per_query_head", "regime": "pdl_wait",
    "module": "decode_l1", "page_size": 0, "copy_gbps": 1000.0, "time_us": 20.0, "dense_us": 80.0, "dense_method": "torch cudnn",
}  # fmt: skip


class GpuTablesTest(unittest.TestCase):
    def table(self, name, *rows, gpu="h100"):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "benchmarks/results"))
            with open(os.path.join(root, f"benchmarks/results/decode-gpu-{gpu}-a.json"), "w", encoding="utf-8") as file:
                json.dump(rows, file)
            return gpu_tables.TABLES[name](root, "README.md")

    def test_main_table_is_of_one_regime(self):
        text = self.table(
            "gpu",
            STEP,
            STEP | {"module": "decode_weighted", "policy": "per_kv_head", "time_us": 16.0},
            STEP | {"module": "decode_weighted", "regime": "no_pdl", "time_us": 1.0},
            STEP | {"page_size": 64, "time_us": 1.0},
            STEP | {"budget": 64, "time_us": 1.0},
            STEP | {"lengths": [8192], "time_us": 1.0},
            STEP | {"operation": "select", "time_us": 1.0},
            STEP | {"tokens": 1024, "group": "short", "time_us": 1.0},
        )
        # 32,768 tokens of 8 KV heads, 32 bytes each, at 1,000 bytes a nanosecond.
        self.assertIn("| shape | dense | copy | L1 | weighted, a selection per KV head |", text)
        self.assertTrue(text.endswith("| 32 heads on 8, batch 1, 32,768 tokens | 80.0 | 8.4 | 20.0 (4.0x) | 16.0 (5.0x) |\n"), text)
        self.assertIn("k = 128, on A GPU; ", text)
        self.assertIn("(torch cudnn)", text)

    def test_breakdown(self):
        measured = {"kernel_us": [1.0, 12.0], "without_attention_us": 15.0, "registers": [32, 64], "shared_bytes": [0, 2048], "spill_bytes": [0, 0]}
        text = self.table("gpu-breakdown", STEP | measured | {"floor_us": 8.4, "roofline_fraction": 0.42}, STEP | {"module": "decode_weighted"})
        self.assertTrue(text.endswith("tokens: L1 | 20.0 | 8.4 (42%) | 1.0 + 12.0 | 15.0 | 32 64 | 0.0 2.0 | 0 0 |\n"), text)

    def test_crossover(self):
        rows = [STEP | {"module": module, "crossover_tokens": 1500, "crossover_bound": bound} for module, bound in (("decode_l1", "exact"), ("decode_two_pass", "more_than"))]
        text = self.table("gpu-crossover", *rows)
        self.assertIn("| model | L1 | two-pass |", text)
        self.assertIn("| 32 heads on 8, batch 1 | 1,500 | above 1,500 |", text)

    def test_steps_that_append(self):
        text = self.table("gpu-append", STEP, STEP | {"operation": "step", "time_us": 25.0}, STEP | {"module": "decode_weighted"})
        self.assertIn("| step | copy of its codes | step | step that appends |", text)
        self.assertTrue(text.endswith("tokens: L1 | 8.4 | 20.0 (4.0x) | 25.0 (3.2x) |\n"), text)

    def test_columns_of_one_field(self):
        pair = [STEP, STEP | {"regime": "no_pdl", "time_us": 25.0}, STEP | {"module": "decode_weighted"}]
        text = self.table("gpu-regimes", *pair)
        self.assertIn("| step | copy of its codes | `no_pdl` | `pdl_wait` |", text)
        self.assertIn("tokens: L1 | 8.4 | 25.0 (3.2x) | 20.0 (4.0x) |", text)
        self.assertNotIn("weighted", text)  # measured in one regime only
        text = self.table("gpu-pages", STEP, STEP | {"page_size": 64, "time_us": 21.0})
        self.assertIn("| contiguous | pages of 64 |", text)
        text = self.table("gpu-budgets", *(STEP | {"module": "decode_two_pass", "budget": budget} for budget in (1024, 64)))
        self.assertIn("| step | copy of its codes | k = 64 | k = 1,024 |", text)
        self.assertIn("tokens: two-pass | 4.2 | 20.0 (4.0x) | 20.0 (4.0x) |", text)

    def test_large(self):
        row = STEP | {"group": "ragged", "batch": 2, "lengths": [32768, 5000], "floor_us": 9.67, "roofline_fraction": 0.48}
        text = self.table("gpu-large", row, STEP)
        self.assertTrue(text.endswith("| 32 heads on 8, batch 2, 5,000 to 32,768 tokens: L1 | 20.0 | 80.0 (torch cudnn) | 4.0x | 9.67 | 48% |\n"), text)

    def test_composed(self):
        row = STEP | {"suite": "gpu-composed", "method": "scan, topk", "time_us": 50.0, "scan_us": 10.0, "select_us": 30.0, "attend_us": 10.0}
        slower, failed = row | {"method": "scan, slower", "time_us": 51.0}, row | {"method": "scan, error"}
        del failed["time_us"]
        text = self.table("gpu-composed", STEP, slower, row, failed, STEP | {"operation": "step", "time_us": 25.0})
        self.assertTrue(text.endswith("| ---: |\n| 32 heads on 8, batch 1, 32,768 tokens: scan, topk | 50.0 | 10.0 + 30.0 + 10.0 | 20.0 | 2.5x |\n"), text)
        text = self.table("gpu-composed", row | {"flashinfer": "1.2", "torch": "2.11", "tokens": 8192}, STEP)
        self.assertIn("FlashInfer 1.2, PyTorch 2.11;", text)
        self.assertTrue(text.endswith("| 10.0 + 30.0 + 10.0 |  |  |\n"), text)  # no step of ours at the shape

    def test_original_is_beside_the_step_that_does_as_much(self):
        row = STEP | {"suite": "gpu-original", "method": "original: scan", "page_size": 1, "time_us": 60.0, "stages_us": [40.0, 60.0], "commit": "fed4321"}
        whole = row | {"operation": "step", "method": "original: append, scan", "time_us": 70.0, "stages_us": [10.0, 70.0]}
        text = self.table("gpu-original", STEP, row, STEP | {"operation": "step", "time_us": 28.0}, whole)
        self.assertIn("its commit fed4321, 2026-11-24: [decode-gpu-h100-a.json]", text)
        self.assertIn("tokens: original: scan | 60.0 | 40.0 + 20.0 | 20.0 | 3.0x |\n", text)
        self.assertIn("tokens: original: append, scan | 70.0 | 10.0 + 60.0 | 28.0 | 2.5x |\n", text)

    def test_records_of_another_gpu(self):
        self.assertIn("Not measured yet", self.table("gpu", STEP, gpu="h200"))
        self.assertIn("20.0 (4.0x)", self.table("gpu-h200", STEP, gpu="h200"))
        for name in gpu_tables.TABLES:
            self.assertIn("Not measured yet: `benchmarks/decode/run.py", self.table(name, {"suite": "other"}))


if __name__ == "__main__":
    unittest.main()
