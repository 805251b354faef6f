# Tests of decode steps by each method, against the NumPy reference and against each other, with a model of two layers.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "harness"), str(ROOT / "runtime" / "python"), str(ROOT / "test" / "Package" / "python")]

import numpy as np  # noqa: E402  (the path is set above)

import adamas  # noqa: E402
from adamas import reference  # noqa: E402
from package_support import needs_library  # noqa: E402

try:
    import torch

    import decoding
    import longbench
    import passkey
    import perplexity
except ImportError:
    torch = None
try:
    import model as real_model
except ImportError:
    real_model = None

needs_torch = unittest.skipIf(torch is None, "there is no PyTorch")
needs_model = unittest.skipIf(torch is None or real_model is None, "there is no gguf, no tokenizers or no PyTorch")
HEADS, KV_HEADS, SIZE, TOKENS, FIRST = 6, 2, 32, 200, 170




def tiny_model(gemma=False):
    """model.Model with random weights: two layers of a Llama, or seven of a Gemma 3, whose sixth sees all tokens."""
    made = real_model.Model.__new__(real_model.Model)
    made.architecture, made.is_gemma = ("gemma3", True) if gemma else ("llama", False)
    made.layers, made.query_heads, made.kv_heads, made.head_size, made.width = (7 if gemma else 2), HEADS, KV_HEADS, SIZE, 64
    made.context, made.rope_base, made.epsilon, made._window, made.bos = 4096, 1e5, 1e-5, (50 if gemma else None), None
    made.tokenizer = mock.Mock(encode=lambda text: mock.Mock(ids=[ord(c) % 97 for c in text]), decode=lambda ids: "".join(map(chr, ids)),
                               token_to_id=lambda name: None)
    generator = torch.Generator().manual_seed(1)
    weight = lambda *shape: torch.randn(*shape, generator=generator) * shape[-1] ** -0.5  # noqa: E731
    made.weights = {"token_embd.weight": weight(97, 64) * 8, "output_norm.weight": torch.ones(64)}
    for layer in range(made.layers):
        for name, shape in (("attn_q", (HEADS * SIZE, 64)), ("attn_k", (KV_HEADS * SIZE, 64)), ("attn_v", (KV_HEADS * SIZE, 64)),
                            ("attn_output", (64, HEADS * SIZE)), ("ffn_gate", (96, 64)), ("ffn_up", (96, 64)), ("ffn_down", (64, 96))):
            made.weights[f"blk.{layer}.{name}.weight"] = weight(*shape) * (2 if name in ("attn_q", "attn_k") else 1)
        for name in ("attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm"):
            made.weights[f"blk.{layer}.{name}.weight"] = torch.ones(64)
        for name in ("attn_q_norm", "attn_k_norm"):
            made.weights[f"blk.{layer}.{name}.weight"] = torch.ones(SIZE) * 2
    return made


def text(seed=0):
    return np.random.default_rng(seed).integers(0, 97, TOKENS).tolist()


def filled(gemma=False):
    context = decoding.Context(tiny_model(gemma), TOKENS)
    context.prefill(text()[:FIRST])
    return context


@needs_model
class BaselineTest(unittest.TestCase):
    """Selections are those of the reference, which is NumPy in f64, of queries that lie in no order."""

    def setUp(self):
        generator = torch.Generator().manual_seed(2)
        self.key = torch.randn(TOKENS, SIZE, generator=generator)
        self.query = torch.randn(TOKENS - FIRST, SIZE, generator=generator)
        self.seen = decoding.visible(FIRST, TOKENS - FIRST, TOKENS)

    def kept(self, indices):
        keep = np.zeros((TOKENS - FIRST, TOKENS), bool)
        for row, chosen in zip(keep, indices[:, 0, 0]):
            row[chosen[chosen >= 0]] = True
        return keep

    def test_exact_quest_and_recent(self):
        query, key = self.query.numpy()[:, None, None], self.key.numpy()[None, None]
        lengths = np.arange(FIRST + 1, TOKENS + 1)[:, None]
        context = decoding.Context(tiny_model(), TOKENS)
        for name, want in (
            ("exact top-k", reference.exact_topk(query, key, lengths, 40)[0]),
            ("Quest, page 16", reference.quest(query, key, lengths, 40)[0]),
            ("4 sinks + recent", reference.sink_recent(lengths, 1, 40, 4)[0]),
        ):
            with self.subTest(name):
                method = decoding.method_over(context, name, 40, 0)
                got = method._keep(self.query, self.key, self.seen, FIRST).numpy()
                np.testing.assert_array_equal(got, self.kept(want))


@needs_model
class DecodeTest(unittest.TestCase):
    def hidden(self, context, name, budget=40, dense_layers=1):
        return decoding.decode(context, decoding.method_over(context, name, budget, dense_layers), text()[FIRST:], FIRST)

    def test_dense_steps_are_a_forward_pass(self):
        for gemma in (False, True):
            with self.subTest(gemma=gemma):
                context = filled(gemma)
                whole = context.model.run(torch.tensor(text()), 0, context.model.causal)
                torch.testing.assert_close(self.hidden(context, "dense"), whole[FIRST:], rtol=1e-3, atol=1e-4)

    @needs_library
    def test_a_budget_of_all_tokens_is_dense(self):
        for gemma in (False, True):
            context = filled(gemma)
            want = self.hidden(context, "dense")
            for name in decoding.SHOWN:
                with self.subTest(name, gemma=gemma):
                    torch.testing.assert_close(self.hidden(context, name, TOKENS, 0), want, rtol=1e-3, atol=1e-4)
                    other = self.hidden(context, name, 8, 0)
                    if name != "dense":
                        self.assertGreater(float((other - want).norm() / want.norm()), 1e-2)

    @needs_library
    def test_all_at_once_is_one_by_one(self):
        for name in ("weighted", "two-pass", "L1, quantiles", "weighted, one selection per KV head", "Quest, page 16"):
            with self.subTest(name):
                context = filled()
                together, method = self.hidden(context, name), decoding.method_over(context, name, 40, 1)
                for i, token in enumerate(text()[FIRST:]):
                    alone = decoding.decode(context, method, [token], FIRST + i)
                    torch.testing.assert_close(alone[0], together[i], rtol=1e-3, atol=1e-3)

    @needs_library
    def test_adamas_is_the_reference(self):
        context = filled()
        query = torch.randn(HEADS, TOKENS - FIRST, SIZE, generator=torch.Generator().manual_seed(3))
        for layer in range(2):
            context.keys[layer][:, :, FIRST:] = torch.randn(1, KV_HEADS, TOKENS - FIRST, SIZE)
            context.values[layer].normal_()
        for name in ("paper: L1, (-10, 0, 10)", "L1, quantiles", "weighted, 1 bit", "weighted", "two-pass", "two-pass, 4 k candidates",
                     "weighted, one selection per KV head", decoding.PER_KV_TWO_PASS):
            with self.subTest(name):
                method = decoding.method_over(context, name, 24, 0)
                got, sets, m = method.attend(1, query, FIRST), method.sets[1], decoding.METHODS[name]
                want = reference.decode(
                    query.transpose(0, 1).numpy(), context.keys[1].numpy(), context.values[1].numpy(), np.arange(FIRST + 1, TOKENS + 1),
                    m.metric, m.bits, 24, m.policy, m.sink, thresholds=sets.keys.numpy(), query_thresholds=sets.queries.numpy(),
                    offset=sets.offset.numpy(), first_ratio=m.ratio or 8,
                )["output"]
                np.testing.assert_allclose(got.transpose(0, 1).numpy(), want, rtol=1e-3, atol=1e-4)

    @needs_library
    def test_thresholds_come_from_the_prompt(self):
        context = filled()
        queries = context.queries[1]
        self.assertEqual(queries.shape, (len(range(0, FIRST, decoding.QUERY_STRIDE)), HEADS, SIZE))
        keys = context.keys[1][:, :, :FIRST]
        for name, rule, own in (("L1, quantiles", "quantile", queries), ("L1, quantiles of keys", "quantile", None), ("weighted", "uniform", None)):
            got, want = decoding.method_over(context, name, 24, 0).sets[1], adamas.calibrate(keys, 2, rule, own)
            np.testing.assert_array_equal(got.keys, want.keys)
            np.testing.assert_array_equal(got.queries, want.queries)
            self.assertEqual(np.array_equal(got.queries, got.keys), own is None)
        self.assertEqual(set(decoding.method_over(context, "weighted", 24, 1).sets), {1})

    def test_windows_of_gemma(self):
        self.assertEqual([tiny_model(True).window(layer) for layer in range(7)], [50] * 5 + [None, 50])
        self.assertEqual([tiny_model().window(layer) for layer in range(2)], [None, None])

    def test_a_text_must_fit(self):
        context = filled()
        with self.assertRaisesRegex(ValueError, "expected at most 200 tokens, but got 201"):
            decoding.decode(context, None, [1, 2], TOKENS - 1)
        with self.assertRaisesRegex(ValueError, "expected a text of 1 to 200 tokens, but got 0"):
            context.prefill([])


@needs_model
class EvaluationTest(unittest.TestCase):
    """The commands with a tiny model in place of the real one, and letters in place of a novel."""

    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        stack.enter_context(mock.patch.object(perplexity.inputs, "model_file", return_value="x.gguf"))
        stack.enter_context(mock.patch.object(perplexity.inputs, "novel", return_value=("EMMA", "abcdefg hijk. " * 900, "1")))
        stack.enter_context(mock.patch.object(real_model, "Model", return_value=tiny_model()))
        self.out = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.common = ["--methods=dense;weighted;4 sinks + recent", "--budgets=16", "--dense-layers=0", f"--results={self.folder}", "--date=D"]

    def test_increase(self):
        dense = torch.tensor([1.0, 2.0, 3.0, 4.0]).double()
        grown, error = perplexity.increase(dense + torch.tensor([0.1, 0.1, 0.1, 0.1]).double(), dense)
        self.assertAlmostEqual(grown, 10.517, places=3)
        self.assertAlmostEqual(error, 0, places=6)
        self.assertGreater(perplexity.increase(dense + torch.tensor([0.0, 0.2, 0.0, 0.2]).double(), dense)[1], 5)

    @needs_library
    def test_perplexity(self):
        self.assertEqual(perplexity.main(["--tokens=400", "--prefix=300", *self.common]), 0)
        rows = perplexity.records.load(self.folder / "perplexity-smollm2-D.json")
        self.assertEqual([(r["method"], r["engine"]) for r in rows], [("dense", "torch"), ("weighted", "adamas"), ("4 sinks + recent", "torch")])
        self.assertEqual((rows[0]["increase_percent"], rows[0]["budget"]), (0, None))
        self.assertNotEqual(rows[1]["perplexity"], rows[0]["perplexity"])
        self.assertIn("dense perplexity", self.out.getvalue())

    def test_a_run_that_was_ended_has_a_table(self):
        row = {"method": "dense", "budget": None, "perplexity": 22.2, "model": "M", "increase_percent": 0.0, "standard_error": 0.0}
        perplexity.print_rows([row, {**row, "method": "weighted", "budget": 128, "increase_percent": 5.64, "standard_error": 0.8}], [64, 128])
        self.assertRegex(self.out.getvalue(), r"weighted +\+5\.6 \(0\.8\)\n")

    @needs_library
    def test_passkey(self):
        self.assertEqual(passkey.main(["--lengths=400", "--depths=0,1", "--samples=1", *self.common]), 0)
        rows = passkey.records.load(self.folder / "passkey-smollm2-D.json")
        self.assertEqual(len(rows), 6)
        self.assertEqual({row["depth"] for row in rows}, {0, 1})
        self.assertIn("n = 2", self.out.getvalue())

    @needs_library
    def test_longbench(self):
        self.assertEqual(longbench.main(["--max-tokens=2048", "--max-answer=3", *self.common]), 0)
        rows = longbench.records.load(self.folder / "longbench-smollm2-D.json")
        self.assertEqual(len(rows), 4 * 3)
        self.assertEqual(sum(row["items"] for row in rows if row["method"] == "weighted"), 7)

    def test_errors(self):
        for run, arguments, message in (
            (perplexity.main, ["--tokens=64", "--prefix=63"], "--prefix: expected 16 to 61"),
            (perplexity.main, ["--methods=fast"], "but got 'fast'"),
            (passkey.main, ["--depths=2"], "expected depths from 0 to 1, but got '2'"),
            (longbench.main, ["--budgets=2"], "expected at least 5"),
        ):
            stream = io.StringIO()
            with self.subTest(message), contextlib.redirect_stderr(stream), self.assertRaises(SystemExit):
                run(arguments)
            self.assertIn(message, stream.getvalue())
        stream = io.StringIO()
        with contextlib.redirect_stderr(stream):
            self.assertEqual(perplexity.main(["--tokens=50000", "--prefix=100"]), 1)
        self.assertIn("perplexity.py: error: --tokens: expected at most the text's", stream.getvalue())


@needs_model
class TokenizerTest(unittest.TestCase):
    def test_sentencepiece_merges_the_best_piece_first(self):
        tokens = ["<unk>", "<0xC3>", "<0xA9>", "a", "b", "c", "\u2581", "bc", "ab", "\u2581a", "abc"]
        tokenizer = real_model._sentencepiece(tokens, [0, 0, 0, -9, -9, -9, -9, -1, -2, -3, -4])
        self.assertEqual(tokenizer.encode("abc a").tokens, ["abc", "\u2581a"])
        self.assertEqual(tokenizer.encode("ab\u00e9").tokens, ["ab", "<0xC3>", "<0xA9>"])
        self.assertEqual(tokenizer.decode(tokenizer.encode("abc a\u00e9").ids), "abc a\u00e9")


if __name__ == "__main__":
    unittest.main()
