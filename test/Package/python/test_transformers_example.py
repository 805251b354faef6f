# runtime/python/examples/generate.py, with its small model and with a GGUF file.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import re
import subprocess
import sys
import tempfile
import unittest

from package_support import ROOT
from transformers_support import needs_transformers

try:
    import accelerate  # noqa: F401  (Transformers needs it for GGUF files)
    import gguf
    import numpy as np
except ImportError:
    gguf = None

EXAMPLE = os.path.join(ROOT, "runtime", "python", "examples", "generate.py")


def write_gguf(path):
    """A Llama of random weights whose tokens are the bytes, as byte-level BPE spells them, and "th"."""
    width, heads, kv_heads, size, layers, vocabulary = 64, 2, 1, 32, 3, 257
    random = np.random.default_rng(0)
    weight = lambda *shape: (random.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)  # noqa: E731
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(4096)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(width)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)
    # The visible stand-ins of GPT-2's byte-level BPE.
    visible = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    hidden = [b for b in range(256) if b not in visible]
    spelling = {**{b: chr(b) for b in visible}, **{b: chr(256 + i) for i, b in enumerate(hidden)}}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([*(spelling[b] for b in range(256)), "th"])
    writer.add_token_types([1] * vocabulary)
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_tensor("token_embd.weight", weight(vocabulary, width))
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for layer in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(width, np.float32))
        for name, rows in (("attn_q", heads * size), ("attn_k", kv_heads * size), ("attn_v", kv_heads * size)):
            writer.add_tensor(f"blk.{layer}.{name}.weight", weight(rows, width))
        for name in ("attn_output", "ffn_gate", "ffn_up", "ffn_down"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", weight(width, width))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@needs_transformers
class TestExample(unittest.TestCase):
    def run_example(self, *arguments, expect=0):
        done = subprocess.run(
            [sys.executable, EXAMPLE, *arguments], capture_output=True, text=True, timeout=600, check=False,
            env={**os.environ, "PYTHONPATH": os.path.join(ROOT, "runtime", "python"), "HF_HUB_OFFLINE": "1"},
        )
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout if expect == 0 else done.stderr

    def test_budget_covers_all(self):
        for cache in ("dynamic", "static"):
            with self.subTest(cache=cache):
                text = self.run_example("--compare", "--budget=400", "--prompt-tokens=300", "--new-tokens=12", f"--cache={cache}")
                self.assertIn("the first 12 of 12 tokens agree", text)
                self.assertIn("no step was sparse", text)

    def test_a_selection(self):
        text = self.run_example("--budget=32", "--policy=per_kv_head", "--prompt-tokens=1000", "--new-tokens=12", "--two-pass")
        self.assertRegex(text, r"prompt 1000 tokens, first token after \d+\.\d\d s, then \d+\.\d\d tokens/s")
        share = float(re.search(r"sparse layers read ([\d.]+) % of the bytes", text).group(1))
        # 4 bytes of codes in 256 of a token, 256 candidates of 16, and 32 rows.
        self.assertAlmostEqual(share, 100 * (4 + 0.256 * 16 + 0.032 * 256) / 256, delta=0.2)

    def test_errors(self):
        text = self.run_example("--prompt=/nonexistent/chapter.txt", expect=1)
        self.assertIn("error: ", text)
        self.assertIn("/nonexistent/chapter.txt", text)
        self.assertIn("error: budget: expected an integer of at least 1, but got 0", self.run_example("--budget=0", expect=1))

    @unittest.skipIf(gguf is None, "gguf or accelerate is not installed")
    def test_gguf(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tiny.gguf")
            write_gguf(path)
            text = self.run_example(f"--gguf={path}", "--compare", "--budget=400", "--prompt-tokens=300", "--new-tokens=12")
            self.assertIn("tokens agree", text)
            # The same file through the command that writes thresholds.
            out = os.path.join(folder, "sets.safetensors")
            command = ["calibrate", path, f"--text={EXAMPLE}", "--tokens=500", f"--out={out}", "--dense-layers=1"]
            done = subprocess.run(
                [sys.executable, "-m", "adamas", *command], capture_output=True, text=True, check=False,
                env={**os.environ, "PYTHONPATH": os.path.join(ROOT, "runtime", "python")},
            )
            self.assertIn(f"{out}: layers 1, 2, 2 bits, uniform, from 500 tokens", done.stdout, done.stderr)
            text = self.run_example(f"--gguf={path}", "--budget=32", f"--thresholds={out}", "--prompt-tokens=300", "--new-tokens=4")
            self.assertIn("sparse layers read", text)


if __name__ == "__main__":
    unittest.main()
