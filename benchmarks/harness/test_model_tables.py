# Tests of model_tables.py on small records.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import figures  # noqa: E402  (the path is set above)
import model_tables  # noqa: E402

COMMON = {"device": "A GPU", "commit": "abc1234", "date": "2026-11-24", "command": "run --minutes=9"}
STEP = COMMON | {
    "kind": "decode", "model": "llama-2-7b", "batch": 1, "tokens": 32768, "method": "SDPA", "token_ms": 10.0, "dtype": "f16", "budget": 128,
    "dense_layers": 2, "graph": True,
}  # fmt: skip
LOSS = COMMON | {
    "model": "Model", "text": "Emma", "prefix": 7168, "tokens": 8192, "dense_layers": 2, "method": "dense", "budget": None, "perplexity": 22.2,
    "increase_percent": 0.0, "standard_error": 0.0,
}  # fmt: skip


class ModelTablesTest(unittest.TestCase):
    def table(self, name, file, *rows):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "benchmarks/results"))
            with open(os.path.join(root, f"benchmarks/results/{file}"), "w", encoding="utf-8") as out:
                json.dump(rows, out)
            return model_tables.TABLES[name](root, "README.md")

    def test_end_to_end(self):
        text = self.table(
            "end-to-end", "end-to-end-h100-a.json", STEP | {"model": "llama-3-8b", "token_ms": 9.0}, STEP, STEP | {"method": "L1", "token_ms": 5.0},
            STEP | {"method": "no attention", "token_ms": 4.5}, STEP | {"method": "weighted", "error": "lost"},
        )  # fmt: skip
        self.assertIn("| model's shapes | no attention | SDPA | L1 |\n", text)
        self.assertIn("| Llama-2-7B, batch 1, 32,768 tokens | 4.50 | 10.00 | 5.00 (2.00x) |\n", text)
        self.assertTrue(text.endswith("| Llama-3-8B, batch 1, 32,768 tokens |  | 9.00 |  |\n"), text)

    def test_attention(self):
        text = self.table(
            "attention-cpu", "end-to-end-cpu-a.json", STEP | {"attention_ms": 8.0, "graph": False},
            STEP | {"method": "L1", "attention_ms": 2.0}, STEP | {"method": "no attention"},
        )  # fmt: skip
        self.assertIn("Milliseconds of the attention of all layers, f16", text)
        self.assertTrue(text.endswith("| SDPA | L1 |\n| --- | ---: | ---: |\n| Llama-2-7B, batch 1, 32,768 tokens | 8.00 | 2.00 (4.00x) |\n"), text)

    def test_first_token(self):
        prompt = STEP | {"kind": "prefill", "method": "weighted", "prefill_ms": 100.0, "prefill_with_encode_ms": 102.0}
        host = STEP | {"kind": "host", "method": "L1", "host_us": 9.0, "host_step_us": 8.0, "host_includes_work": False}
        text = self.table("first-token", "end-to-end-h100-a.json", prompt, host)
        self.assertIn("| Llama-2-7B, 32,768 tokens, weighted | 100.0 | 102.0 | +2.0 % |\n", text)
        self.assertTrue(text.endswith("| Llama-2-7B, L1 | 9.0 | 8.0 |\n"), text)
        dense = {name: value for name, value in host.items() if name != "host_step_us"} | {"method": "SDPA", "host_attention_us": 7.0}
        text = self.table("first-token", "end-to-end-h100-a.json", prompt, dense, host | {"host_attention_us": 6.0})
        self.assertTrue(text.endswith("| Llama-2-7B, SDPA | 9.0 |  | 7.0 |\n| Llama-2-7B, L1 | 9.0 | 8.0 | 6.0 |\n"), text)

    def test_perplexity(self):
        row = LOSS | {"method": "weighted", "budget": 64, "increase_percent": 11.9, "standard_error": 1.04}
        text = self.table("perplexity", "perplexity-smollm2-2026-11-24.json", LOSS, row, row | {"method": "L1", "budget": 128, "increase_percent": -0.2})
        self.assertIn("dense perplexity, 22.20", text)
        self.assertIn("| weighted | +11.9 (1.0) |  |\n| L1 |  | -0.2 (1.0) |\n", text)
        with self.assertRaisesRegex(figures.Problem, "expected a row of dense attention"):
            self.table("perplexity", "perplexity-smollm2-2026-11-24.json", row)
        self.assertIn("Not measured yet", self.table("perplexity", "perplexity-smollm2-emma-2026-11-24.json", LOSS))

    def test_passkey(self):
        row = COMMON | {"model": "Model", "method": "weighted", "budget": 64, "tokens": 1024, "samples": 2, "correct": 1}
        text = self.table("passkey", "passkey-smollm2-a.json", row, row | {"correct": 2}, row | {"tokens": 2048})
        self.assertTrue(text.endswith("| weighted, k = 64 | 3 of 4 | 1 of 2 |\n"), text)


if __name__ == "__main__":
    unittest.main()
