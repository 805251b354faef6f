# attn_implementation="adamas" on small models of random weights: the same text as SDPA where everything is selected.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import gc
import os
import tempfile
import unittest
import weakref

from transformers_support import adamas, configured, decode_logits, gemma, llama, needs_transformers, prompt, run_steps, torch


@needs_transformers
class TestGenerate(unittest.TestCase):
    def texts(self, model, ids, **options):
        """Greedy tokens with SDPA and with adamas."""
        out = []
        for name in ("sdpa", "adamas"):
            model.set_attn_implementation(name)
            out.append(model.generate(ids, do_sample=False, max_new_tokens=24, min_new_tokens=24, **options))
        return out

    def test_budget_covers_all_so_the_text_is_sdpa_s(self):
        for cache in ("dynamic", "static"):
            for policy in ("per_query_head", "per_kv_head"):
                for options in ({}, {"two_pass": True}, {"metric": "l1"}):
                    with self.subTest(cache=cache, policy=policy, **options):
                        # dense_below 0: the kernels run although SDPA would do.
                        model = configured(llama(), budget=128, dense_below=0, dense_layers=0, policy=policy, **options)
                        want, got = self.texts(model, prompt(1, 40), cache_implementation=cache)
                        self.assertEqual(want.tolist(), got.tolist())
                        steps = adamas.transformers.statistics(model)
                        self.assertEqual(steps["steps"], 3 * 23)

    def test_logits_are_sdpa_s_within_tolerance(self):
        for dtype, tolerance in ((torch.float32, 1e-5), (torch.bfloat16, 5e-2), (torch.float16, 5e-3)):
            with self.subTest(dtype=dtype):
                model = configured(llama().to(dtype), budget=128, dense_below=0, dense_layers=0)
                want, got = (decode_logits(model, name, prompt(2, 50)) for name in ("sdpa", "adamas"))
                torch.testing.assert_close(got, want, rtol=tolerance, atol=tolerance * float(want.abs().max()))

    def test_gemma_keeps_its_sliding_layers(self):
        model = configured(gemma(), budget=128, dense_below=0, dense_layers=0)
        want, got = self.texts(model, prompt(1, 40))
        self.assertEqual(want.tolist(), got.tolist())
        # One layer of three has full attention.
        self.assertEqual(adamas.transformers.statistics(model)["steps"], 23)
        self.assertEqual(list(adamas.transformers.thresholds(model)), [2])

    def test_left_padding_and_ragged_batches(self):
        for cache in ("dynamic", "static"):
            for pads in ((0, 7, 21), (5, 5, 5)):
                with self.subTest(cache=cache, pads=pads):
                    model = configured(llama(), budget=128, dense_below=0, dense_layers=0)
                    ids, mask = prompt(3, 40), torch.ones(3, 40, dtype=torch.long)
                    for row, pad in enumerate(pads):
                        ids[row, :pad], mask[row, :pad] = 0, 0
                    want, got = self.texts(model, ids, attention_mask=mask, cache_implementation=cache)
                    self.assertEqual(want.tolist(), got.tolist())

    def test_beams(self):
        model = configured(llama(), budget=128, dense_below=0, dense_layers=0)
        want, got = self.texts(model, prompt(2, 40), num_beams=3)
        self.assertEqual(want.tolist(), got.tolist())

    def test_dense_layers_and_short_sequences(self):
        model = configured(llama(), budget=64)
        self.texts(model, prompt(1, 30))  # up to 54 tokens
        self.assertEqual(adamas.transformers.statistics(model)["steps"], 0)
        self.texts(model, prompt(1, 50))  # the budget is passed at 65 tokens of 74
        self.assertEqual(adamas.transformers.statistics(model)["steps"], 9)  # one layer of three is not dense
        self.assertEqual(list(adamas.transformers.thresholds(model)), [2])

    def test_a_selection_reads_less(self):
        model = configured(llama(), budget=32, dense_layers=0)
        run_steps(model, prompt(2, 200), 4)
        kept = adamas.transformers.statistics(model)
        # Tokens 201 to 204 of 2 sequences in 3 layers; rows of 32 f32 values on 2 heads of keys and of values.
        self.assertEqual(kept["bytes_dense"], 3 * 2 * (201 + 202 + 203 + 204) * 2 * 2 * 32 * 4)
        self.assertEqual(kept["bytes_read"], 3 * 2 * sum(n * 2 * 8 + 32 * 4 * 2 * 32 * 4 for n in (201, 202, 203, 204)))

    def test_thresholds_of_a_file(self):
        model = configured(llama(), budget=32, dense_layers=1)
        model.set_attn_implementation("adamas")
        made = adamas.transformers.calibrate_model(model, prompt(1, 64), adamas.transformers.AdamasConfig(dense_layers=1))
        self.assertEqual(sorted(made), [1, 2])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "sets.safetensors")
            adamas.save_thresholds(path, made)
            configured(model, budget=32, dense_layers=1, thresholds=path)
            run_steps(model, prompt(1, 60), 4)
            used = adamas.transformers.thresholds(model)
            self.assertEqual(used[1].keys.tolist(), made[1].keys.tolist())
            configured(model, budget=32, dense_layers=0, thresholds=path)
            with self.assertRaisesRegex(ValueError, r"expected layer 0, but it has only \[1, 2\]: calibrate this model again"):
                run_steps(model, prompt(1, 60), 1)
            configured(model, budget=32, dense_layers=1, bits=3, thresholds=path)
            with self.assertRaisesRegex(ValueError, "layer 1: expected 3 bits, 2 KV heads of dimension 32, but got 2 bits, 2 of 32"):
                run_steps(model, prompt(1, 60), 1)

    def test_l1_is_calibrated_from_queries_too(self):
        model = configured(llama(), budget=32, dense_layers=0, metric="l1")
        run_steps(model, prompt(1, 60), 1)
        for sets in adamas.transformers.thresholds(model).values():
            self.assertFalse(torch.equal(sets.keys, sets.queries))
        made = adamas.transformers.calibrate_model(model, prompt(1, 60), adamas.transformers.AdamasConfig(metric="l1", dense_layers=0))
        self.assertEqual({sets.method for sets in made.values()}, {"quantile"})
        self.assertNotEqual(made[0].keys.tolist(), made[0].queries.tolist())
        with self.assertRaisesRegex(ValueError, r"input_ids: expected \[1, at least 2\], but got \[2, 60\]"):
            adamas.transformers.calibrate_model(model, prompt(2, 60))

    def test_calibration_leaves_a_model_as_it_was(self):
        model = configured(gemma(), budget=32)
        model.set_attn_implementation("sdpa")
        made = adamas.transformers.calibrate_model(model, prompt(1, 64))
        self.assertEqual(sorted(made), [2])
        self.assertEqual(model.config._attn_implementation, "sdpa")
        self.assertEqual(adamas.transformers.thresholds(model), {})
        self.assertEqual(model.model.layers[2].self_attn._adamas_settings.config.budget, 32)

    def test_nothing_holds_a_cache(self):
        model = configured(llama(), budget=32)  # two layers stay dense and never take what the hook noted
        held = weakref.ref(run_steps(model, prompt(1, 60), 2))
        gc.collect()
        self.assertIsNone(held())

    def test_configurations(self):
        for options, text in (
            ({"metric": "cosine"}, "metric: expected weighted or l1, but got 'cosine'"),
            ({"metric": "l1", "two_pass": True}, "two_pass: expected the metric weighted"),
            ({"policy": "all"}, "policy: expected one of per_kv_head, per_query_head"),
            ({"budget": 0}, "budget: expected an integer of at least 1, but got 0"),
            ({"bits": 5}, "bits: expected 1 to 4, but got 5"),
            ({"budget": 4, "two_pass": True}, r"budget: expected at least sink \+ recent \(4 \+ 1\), but got 4"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ValueError, text):
                adamas.transformers.AdamasConfig(**options)


if __name__ == "__main__":
    unittest.main()
