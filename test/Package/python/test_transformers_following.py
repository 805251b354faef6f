# The state that follows a cache, and each way to fool it: after every one the codes must be those of the keys.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import copy
import logging
import unittest
from unittest import mock

from transformers_support import (
    adamas, attention_of, configured, gemma, llama, needs_transformers, new_cache, prompt, run_steps, step, torch, transformers, wrong_codes,
)

KINDS = ("dynamic", "static")
# Static caches of the first versions of Transformers 5 could not be cropped.
CROPS = KINDS if transformers and hasattr(transformers.cache_utils.StaticLayer, "crop") else KINDS[:1]


@needs_transformers
class TestFollowing(unittest.TestCase):
    def setUp(self):
        self.model = configured(llama(), budget=32, dense_layers=0)

    def advance(self, cache, batch=2, seed=5, model=None, mask=None):
        """Two more steps, of tokens of their own."""
        model = model or self.model
        model.set_attn_implementation("adamas")
        for ids in prompt(batch, 2, seed).split(1, 1):
            step(model, ids, cache, mask)

    def check(self, cache, model=None):
        self.assertEqual(wrong_codes(model or self.model, cache), [])

    def encoded(self):
        """Counts tokens that are encoded: a plan looks at them, or a step of theirs is known."""
        counts, looked, known = [], adamas.Plan._tokens, adamas._layer_step.launch

        def tokens(plan, cache, new_key, *rest):
            counts.append(new_key.shape[0])
            return looked(plan, cache, new_key, *rest)

        def launch(settings, kept, key, *rest):
            was = known(settings, kept, key, *rest)
            counts.extend([key.shape[0]] if was else [])
            return was

        @contextlib.contextmanager
        def patch():
            with mock.patch.object(adamas.Plan, "_tokens", tokens), mock.patch.object(adamas._layer_step, "launch", launch):
                yield counts

        return patch()

    def test_a_step_encodes_one_token(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                cache = run_steps(self.model, prompt(2, 60), 3, kind)
                self.check(cache)
                with self.encoded() as counts:
                    self.advance(cache)
                self.assertEqual(counts, [2] * 3 * 2)  # two sequences, three layers, two steps
                self.check(cache)

    def test_known_steps_are_those_that_look_at_everything(self):
        """Across chunks of lengths and growing codes, for both caches, padded alike or not, several configurations by turns."""
        masks = [None, torch.ones(2, 100, dtype=torch.long), torch.ones(2, 100, dtype=torch.long)]
        masks[1][:, :5] = 0
        masks[2][1, :9] = 0
        for kind, mask, options in (
            *((kind, mask, {}) for kind in KINDS for mask in masks), ("dynamic", None, {"metric": "l1"}),
            ("static", None, {"two_pass": True}), ("dynamic", masks[1], {"policy": "per_kv_head"}),
        ):
            with self.subTest(kind=kind, options=options, mask=mask is not None), mock.patch.object(adamas._layer_step, "CHUNK", 8):
                logits = []
                for known in (False, True):
                    model = configured(llama(), budget=32, dense_layers=0, **options)
                    model.set_attn_implementation("adamas")
                    cache, ids, found = new_cache(model, kind), prompt(2, 60), []
                    no = mock.patch.object(adamas._layer_step, "launch", lambda *_: False)
                    with contextlib.nullcontext() if known else no, self.encoded() as counts:
                        for tokens in (ids, *prompt(2, 20, seed=7).split(1, 1)):
                            seen = int(cache.get_seq_length()) + tokens.shape[1]
                            found.append(step(model, tokens, cache, None if mask is None else mask[:, :seen]))
                    self.check(cache, model)
                    self.assertGreater(sum(counts), 0)
                    logits.append(torch.stack(found))
                self.assertTrue(torch.equal(*logits))

    def test_few_steps_are_looked_at(self):
        for kind in KINDS:
            cache = run_steps(self.model, prompt(2, 60), 1, kind)
            with self.subTest(kind=kind), mock.patch.object(adamas._layer_step, "first", side_effect=adamas._layer_step.first) as first:
                for seed in range(10):
                    self.advance(cache, seed=seed)
                self.check(cache)
                self.assertLessEqual(first.call_count, 1)

    def test_codes_grow_with_the_cache(self):
        cache = run_steps(self.model, prompt(2, 250), 3)
        room = cache.layers[0].adamas_codes.codes.shape[3]
        for _ in range(150):
            self.advance(cache)
        self.assertGreater(cache.layers[0].adamas_codes.codes.shape[3], room)
        self.check(cache)

    def test_reorder(self):
        cache = run_steps(self.model, prompt(2, 60), 3)
        for order in ([1, 0], [0, 0], [0, 1]):
            cache.reorder_cache(torch.tensor(order))
            self.advance(cache)
            self.check(cache)

    def test_crop_and_other_tokens(self):
        for kind in CROPS:
            with self.subTest(kind=kind):
                cache = run_steps(self.model, prompt(2, 60), 5, kind)
                cache.crop(-2)
                self.advance(cache, seed=6)  # as long as before
                self.check(cache)
                cache.crop(-4)
                self.advance(cache, seed=7)
                self.check(cache)

    def test_another_batch(self):
        cache = run_steps(self.model, prompt(2, 60), 3)
        cache.batch_repeat_interleave(2)
        self.advance(cache, batch=4)
        self.check(cache)
        cache.batch_select_indices(torch.tensor([3, 0]))
        self.advance(cache)
        self.check(cache)

    def test_reset_and_a_prompt_of_the_same_length(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                cache = run_steps(self.model, prompt(2, 60), 3, kind)
                cache.reset()
                run_steps(self.model, prompt(2, 61, seed=9), 2, cache=cache)
                self.check(cache)

    def test_two_caches_by_turns(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                caches = [run_steps(self.model, prompt(2, 60, seed), 3, kind) for seed in (0, 1)]
                with self.encoded() as counts:
                    for _ in range(2):
                        for seed, cache in enumerate(caches):
                            self.advance(cache, seed=seed)
                self.assertEqual(set(counts), {2})
                for cache in caches:
                    self.check(cache)

    def test_keys_written_in_place(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                cache = run_steps(self.model, prompt(2, 60), 3, kind)
                cache.layers[1].keys[:, :, 10:20] += 1
                self.advance(cache)
                self.check(cache)

    def test_keys_replaced(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                cache = run_steps(self.model, prompt(2, 60), 3, kind)
                cache.layers[2].keys = cache.layers[2].keys.flip(0).clone()
                self.advance(cache)
                self.check(cache)

    def test_layers_exchanged(self):
        cache = run_steps(self.model, prompt(2, 60), 3)
        cache.layers[0], cache.layers[1] = cache.layers[1], cache.layers[0]
        self.advance(cache)
        self.check(cache)

    def test_several_tokens_at_once(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                cache = run_steps(self.model, prompt(2, 60), 3, kind)
                step(self.model, prompt(2, 5, seed=3), cache)
                self.advance(cache)
                self.check(cache)

    def test_steps_of_another_implementation_between(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                cache = run_steps(self.model, prompt(2, 60), 3, kind)
                self.model.set_attn_implementation("sdpa")
                step(self.model, prompt(2, 1), cache)
                self.advance(cache)
                self.check(cache)

    def test_two_models_with_one_cache(self):
        other = configured(llama(), budget=48, dense_layers=0, bits=2)
        cache = run_steps(self.model, prompt(2, 60), 3)
        self.advance(cache, model=other)
        self.check(cache, other)
        self.advance(cache)
        self.check(cache)

    def test_another_configuration(self):
        cache = run_steps(self.model, prompt(2, 60), 3)
        configured(self.model, budget=32, dense_layers=0, bits=4)
        self.advance(cache)
        self.check(cache)

    def test_a_copy_goes_its_own_way(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                cache = run_steps(self.model, prompt(2, 60), 3, kind)
                second = copy.deepcopy(cache)
                self.advance(cache, seed=1)
                self.advance(second, seed=2)
                self.check(cache)
                self.check(second)

    def test_padding_that_changes(self):
        cache = run_steps(self.model, prompt(2, 60), 3)
        mask = torch.ones(2, 64, dtype=torch.long)
        mask[1, :9] = 0
        step(self.model, prompt(2, 1), cache, mask)
        self.check(cache)
        self.assertEqual(cache.layers[0].adamas_codes.starts, (0, 9))
        mask = torch.ones(2, 65, dtype=torch.long)
        mask[0, :4] = 0
        step(self.model, prompt(2, 1), cache, mask)
        self.check(cache)
        self.assertEqual(cache.layers[0].adamas_codes.starts, (4, 0))

    def test_a_failure_on_the_way(self):
        cache = run_steps(self.model, prompt(2, 60), 3)
        mlp = self.model.model.layers[1].mlp
        hook = mlp.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(RuntimeError("a failure")))
        with self.assertRaisesRegex(RuntimeError, "a failure"):
            step(self.model, prompt(2, 1), cache)
        hook.remove()
        # Two layers have a token more than the third; cut them back.
        for layer in cache.layers[:2]:
            layer.crop(-1)
        self.advance(cache)
        self.check(cache)

    def test_inference_mode(self):
        with torch.inference_mode():
            for kind in CROPS:
                with self.subTest(kind=kind):
                    cache = run_steps(self.model, prompt(2, 60), 3, kind)
                    self.check(cache)
                    cache.crop(-2)
                    self.advance(cache)
                    self.check(cache)

    def test_a_cache_that_hands_out_copies_stays_dense(self):
        class Copies(transformers.DynamicCache):
            def update(self, *arguments, **named):
                return tuple(states.clone() for states in super().update(*arguments, **named))

        caches = [Copies(config=self.model.config), new_cache(self.model)]
        with self.assertLogs("adamas", logging.WARNING) as logs:
            self.model.set_attn_implementation("adamas")
            step(self.model, prompt(2, 60), caches[0])
            got = step(self.model, prompt(2, 1), caches[0])
        self.assertIn("a Copies hands out other keys than it keeps and cannot be followed: steps stay dense", logs.output[0])
        self.model.set_attn_implementation("sdpa")
        step(self.model, prompt(2, 60), caches[1])
        self.assertTrue(torch.equal(got, step(self.model, prompt(2, 1), caches[1])))


@needs_transformers
class TestRefusals(unittest.TestCase):
    def refuse(self, text, model=None, mask=None, kind="dynamic", **options):
        model = configured(model or llama(**options), budget=32, dense_layers=0)
        model.set_attn_implementation("adamas")
        cache = new_cache(model, kind)
        step(model, prompt(2, 60), cache)
        with self.assertRaisesRegex(adamas.UnsupportedError, text):
            step(model, prompt(2, 1), cache, mask)

    def test_head_dim(self):
        self.refuse("head_dim: expected one power of two from 32 to 1024 for keys and values, but got 48 and 48: use attn", head_dim=48)

    def test_holes(self):
        mask = torch.ones(2, 61, dtype=torch.long)
        mask[1, 50:55] = 0
        self.refuse("attention_mask: expected each sequence without holes, but sequence 1 has one: pad on the left", mask=mask)

    def test_a_masked_newest_token(self):
        for kind in KINDS:
            mask = torch.ones(2, 61, dtype=torch.long)
            mask[0, 60:] = 0
            self.refuse("at position 60, but sequence 0 ends at 59: pad on the left", mask=mask, kind=kind)

    def test_arguments_of_other_attentions(self):
        model = configured(llama(), dense_layers=0)
        module, states = attention_of(model, 0), torch.randn(1, 4, 1, 32)
        keys = torch.randn(1, 2, 300, 32)
        for options, text in (
            ({"softcap": 30.0}, "softcap: expected None"), ({"s_aux": states}, "s_aux: expected None"),
            ({"position_bias": states}, "position_bias: expected None"), ({"block_table": states}, "block_table: expected None"),
        ):
            with self.subTest(text), self.assertRaisesRegex(NotImplementedError, text):
                adamas.transformers.attention(module, states, keys, keys, None, **options)
        with self.assertRaisesRegex(NotImplementedError, "query: expected no gradient"):
            adamas.transformers.attention(module, states.requires_grad_(), keys, keys, None)

    def test_masks_of_other_shapes_and_values(self):
        read = adamas.transformers._read
        self.assertEqual(read(torch.tensor([[[[False, True, True, False]]]]), 2), ((1, 1), (3, 3)))
        least = torch.finfo(torch.float32).min
        self.assertEqual(read(torch.tensor([[[[least, 0, 0]]]]), 1), ((1,), (3,)))
        for mask, text in (
            (torch.ones(2, 4, 1, 8, dtype=torch.bool), r"expected \[B, 1, 1, N\], the same for all heads, but got \[2, 4, 1, 8\]"),
            (torch.tensor([[[[0.5, 0.0]]]]), "expected 0 for visible and the least number for masked tokens, but got a bias"),
        ):
            with self.subTest(text), self.assertRaisesRegex(NotImplementedError, text):
                read(mask, mask.shape[0])

    def test_encoder_decoder_caches(self):
        cache = transformers.EncoderDecoderCache(transformers.DynamicCache(), transformers.DynamicCache())
        with self.assertRaisesRegex(NotImplementedError, "cache: expected that of a decoder, but got an EncoderDecoderCache"):
            adamas._following.find_cache((), {"cache": cache})

    def test_a_prompt_longer_than_the_cache(self):
        model = configured(llama(), budget=32)
        model.set_attn_implementation("adamas")
        with self.assertRaises((RuntimeError, IndexError)):
            step(model, prompt(1, 60), new_cache(model, "static", 40))

    def test_training_and_gemma_s_windows_are_left_alone(self):
        model = configured(gemma(), budget=8, dense_layers=0)
        cache = run_steps(model, prompt(1, 40), 2)
        self.assertFalse(hasattr(cache.layers[0], "adamas_codes"))
        self.assertIsNotNone(cache.layers[2].adamas_codes)


if __name__ == "__main__":
    unittest.main()
