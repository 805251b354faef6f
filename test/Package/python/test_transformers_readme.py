# The lines for Transformers of runtime/README.md and of adamas.transformers' help, run on a small model.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest

from package_support import ROOT, needs_library
from transformers_support import needs_transformers

try:
    import torch
    import transformers

    import adamas.transformers
except ImportError:
    pass

GIVEN = "from transformers import AutoModelForCausalLM\nimport sys, torch\nname = sys.argv[1]\n"
THEN = """
ids = torch.arange(300)[None] % 64
made = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=4, do_sample=False, pad_token_id=0, eos_token_id=None)
print(made.shape[1], adamas.transformers.statistics(model)["steps"])
"""


@needs_library
@needs_transformers
class TestDocumented(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        config = transformers.LlamaConfig(
            vocab_size=64, hidden_size=128, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=512,
        )
        torch.manual_seed(0)
        transformers.LlamaForCausalLM(config).save_pretrained(self.folder)

    def run_lines(self, lines):
        done = subprocess.run(
            [sys.executable, "-c", GIVEN + lines + THEN, self.folder], capture_output=True, text=True, timeout=600, check=False,
            env={**os.environ, "PYTHONPATH": os.path.join(ROOT, "runtime", "python"), "HF_HUB_OFFLINE": "1"},
        )
        # The first token is the prompt's; the last layer selects at three steps.
        self.assertEqual((done.returncode, done.stdout), (0, "304 3\n"), done.stderr)

    def test_readme(self):
        with open(os.path.join(ROOT, "runtime", "README.md"), encoding="utf-8") as file:
            (lines,) = re.findall(r"```python\n(.*?)```", file.read(), re.DOTALL)
        self.run_lines(lines)

    def test_help(self):
        lines = textwrap.dedent(re.search(r"\n\n((?:    .*\n)+)", adamas.transformers.__doc__).group(1))
        self.run_lines(lines.replace("model.generate(...)", ""))


if __name__ == "__main__":
    unittest.main()
