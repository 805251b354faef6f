# runtime/examples/llama_host against Transformers on one GGUF file, which the package gguf reads too.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import tempfile
import unittest

import numpy as np
from llama_support import Llama
from package_support import needs_library
from test_llama_host import HOST, generate
from transformers_support import needs_transformers

try:
    import accelerate  # noqa: F401  (Transformers needs it for GGUF files)
    import gguf
    import torch
    import transformers
except ImportError:
    gguf = None


@needs_library
@needs_transformers
@unittest.skipIf(gguf is None, "gguf or accelerate is not installed")
@unittest.skipUnless(os.path.exists(HOST), "adamas-runtime-llama is not built")
class TestAgainstTransformers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "tiny.gguf")
        self.model = Llama(seed=4)
        self.model.write(self.path)

    def test_the_package_gguf_reads_the_file(self):
        tensors = {one.name: one for one in gguf.GGUFReader(self.path).tensors}
        self.assertEqual(sorted(tensors), sorted(self.model.weights))
        for name, weight in self.model.weights.items():
            read = gguf.dequantize(tensors[name].data, tensors[name].tensor_type).reshape(weight.shape)
            np.testing.assert_array_equal(read, weight, err_msg=name)

    def test_greedy_text_and_logits(self):
        folder, name = os.path.split(self.path)
        dense = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32).eval()
        prompt = np.random.default_rng(8).integers(0, 64, 60).tolist()
        tokens, logits = generate(self.path, prompt, 16, 100, 0)
        made = dense.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), do_sample=False, max_new_tokens=16,
            eos_token_id=None, pad_token_id=0, return_dict_in_generate=True, output_logits=True,
        )
        self.assertEqual(tokens, made.sequences[0, len(prompt) :].tolist())
        np.testing.assert_allclose(logits, torch.cat(made.logits).numpy(), rtol=0, atol=2e-3)


if __name__ == "__main__":
    unittest.main()
