# runtime/examples/llama_host: logits and tokens against a Llama in NumPy, dense and selecting, and files that are refused.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import subprocess
import tempfile
import unittest

import numpy as np
from llama_support import F16, Llama
from package_support import ROOT, needs_library

HOST = os.path.join(os.environ.get("ADAMAS_BUILD_DIR", os.path.join(ROOT, "build")), "bin", "adamas-runtime-llama")


def run_host(*arguments):
    return subprocess.run([HOST, *map(str, arguments)], capture_output=True, text=True, timeout=600, check=False)


def generate(path, prompt, count, *options):
    """(tokens, f32 logits [count, vocabulary]) of the host; options: budget and dense layers."""
    with tempfile.NamedTemporaryFile() as file:
        done = run_host(path, ",".join(map(str, prompt)), count, *options, file.name)
        assert done.returncode == 0, done.stderr
        return [int(word) for word in done.stdout.split()], np.fromfile(file.name, np.float32).reshape(count, -1)


@needs_library
@unittest.skipUnless(os.path.exists(HOST), "adamas-runtime-llama is not built")
class TestLlamaHost(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "tiny.gguf")
        self.prompt = np.random.default_rng(7).integers(0, 64, 90).tolist()

    def compare(self, model, budget, dense_layers, count=12):
        """The greedy text; each step's logits are judged on the host's own tokens."""
        model.write(self.path)
        tokens, logits = generate(self.path, self.prompt, count, budget, dense_layers)
        self.assertEqual(tokens, logits.argmax(1).tolist())
        expected = model.logits(self.prompt + tokens[:-1], len(self.prompt), budget, dense_layers)
        np.testing.assert_allclose(logits, expected, rtol=0, atol=2e-3)
        self.assertGreater(expected.std(), 0.5)
        return tokens, expected

    def test_a_budget_that_covers_all_is_dense(self):
        model = Llama()
        tokens, expected = self.compare(model, budget=200, dense_layers=0)
        dense = model.logits(self.prompt + tokens[:-1], len(self.prompt))
        np.testing.assert_allclose(expected, dense, rtol=0, atol=1e-4)
        self.assertEqual(tokens, dense.argmax(1).tolist())

    def test_a_selection(self):
        model = Llama(seed=1)
        tokens, expected = self.compare(model, budget=16, dense_layers=0)
        dense = model.logits(self.prompt + tokens[:-1], len(self.prompt))
        np.testing.assert_allclose(expected[0], dense[0], rtol=0, atol=1e-6)  # The prompt's own.
        self.assertGreater(np.abs(expected[1:] - dense[1:]).max(), 0.05)  # Else the comparison says little.

    def test_first_layers_stay_dense(self):
        self.compare(Llama(seed=2), budget=16, dense_layers=2)

    def test_tied_embedding_and_no_groups(self):
        self.compare(Llama(seed=3, heads=2, kv_heads=2, size=64, tied=True), budget=16, dense_layers=1)

    def refuse(self, text, *arguments):
        done = run_host(*arguments)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(text, done.stderr)

    def test_arguments(self):
        Llama().write(self.path)
        self.refuse("error: expected MODEL.gguf TOKEN,TOKEN,... NEW_TOKENS", self.path)
        self.refuse("error: token: expected 0 to 63, but got 64", self.path, "3,64", 1)
        self.refuse("error: expected numbers with commas between them, but got 'x'", self.path, "1,x", 1)
        self.refuse("error: expected at least 1 new token and 0 dense layers, but got 0 and 2", self.path, "1", 0)
        self.refuse("error: budget: expected 1 to 2147483647, but got 0", self.path, "1", 1, 0)

    def test_files(self):
        def changed(metadata=None, **options):
            model = Llama(**options)
            model.metadata.update(metadata or {})
            model.write(self.path)
            return self.path, "1,2", 1

        model = Llama()
        del model.weights["blk.1.ffn_up.weight"]
        model.write(self.path)
        self.refuse("error: tensor blk.1.ffn_up.weight: expected it in the file, but there is none", self.path, "1,2", 1)
        for text, arguments in (
            ("general.architecture: expected llama, but got 'gemma'", {"metadata": {"general.architecture": "gemma"}}),
            ("llama.block_count: expected a whole number from 1 to 2^24, but got 0", {"metadata": {"llama.block_count": 0}}),
            ("tensor token_embd.weight: expected 65 rows of 96", {"metadata": {"llama.vocab_size": 65}}),
            ("llama.rope: expected plain RoPE of whole heads", {"metadata": {"llama.rope.scaling.type": "linear"}}),
            ("llama.rope: expected plain RoPE of whole heads", {"metadata": {"llama.rope.dimension_count": 16}}),
            ("tensors: expected the 21 of a plain Llama, but got 30", {"metadata": {"llama.block_count": 2}}),
            ("general.alignment: expected at least 1, but got 0", {"metadata": {"general.alignment": 0}}),
            ("head_dim: expected a power of two from 32 to 1024, but got 16", {"size": 16}),
        ):
            with self.subTest(text):
                self.refuse(text, *changed(**arguments))
        Llama().write(self.path)
        with open(self.path, "rb") as file:
            whole = file.read()
        for length in (0, 3, 10, 60, len(whole) // 2, len(whole) - 1):
            with self.subTest(length=length):
                with open(self.path, "wb") as file:
                    file.write(whole[:length])
                text = "expected a GGUF file, but it does not begin with GGUF" if length < 4 else "expected more bytes"
                self.refuse(text, self.path, "1,2", 1)
        model = Llama(tied=True)
        place = "token_embd.weight".encode() + b"\2\0\0\0" + (96).to_bytes(8, "little") + (64).to_bytes(8, "little")
        model.write(self.path)
        with open(self.path, "rb") as file:
            whole = file.read()
        self.assertIn(place + F16.to_bytes(4, "little"), whole)
        with open(self.path, "wb") as file:
            file.write(whole.replace(place + F16.to_bytes(4, "little"), place + (12).to_bytes(4, "little")))
        self.refuse("tensor token_embd.weight: expected F32 (0), F16 (1) or Q8_0 (8), but got type 12", self.path, "1,2", 1)


if __name__ == "__main__":
    unittest.main()
