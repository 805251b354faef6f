# Tests of the NumPy reference: whole decode steps, by the labels of the specification.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import itertools
import unittest

import support
import numpy as np
from adamas import reference

METRICS = (("l1", 2), ("l1", 3), ("weighted", 1), ("weighted", 2), ("two_pass", 4))


def inputs(seed=0, batch=3, query_tokens=None, query_heads=6, kv_heads=2, tokens=90, size=32, dtype=np.float32, shared=True):
    middle = () if query_tokens is None else (query_tokens,)
    cache = (1 if shared else batch, kv_heads, tokens, size)
    query = support.random_values(seed, (batch, *middle, query_heads, size), dtype)
    return query, support.random_values(seed + 1, cache, dtype), support.random_values(seed + 2, cache, dtype)


def step(query, key, value, metric, bits, seq_lens=None, **options):
    calibrated = reference.calibrate(key, "quantile" if metric == "l1" else "uniform", bits)
    return reference.decode(query, key, value, seq_lens, metric, bits, **calibrated, **options)


class DecodeTest(unittest.TestCase):
    def test_shapes_and_types(self):
        for (metric, bits), policy, tokens in itertools.product(METRICS, ("per_query_head", "per_kv_head"), (None, 2)):
            heads = 6 if policy == "per_query_head" else 2
            rows = (3, heads) if tokens is None else (3, tokens, heads)
            result = step(*inputs(query_tokens=tokens), metric, bits, policy=policy, budget=8, distances=True)
            expected = {
                "indices": (np.int32, (*rows, 8)),
                "lengths": (np.int32, rows),
                "distances": (np.int32, (*rows, 90)),
                "output": (np.float64, (*rows[:-1], 6, 32)),
                "lse": (np.float64, (*rows[:-1], 6)),
                "key_codes": (np.uint32, (1, 2, 90, bits, 1)),
                "thresholds": (np.float32, (2, 2**bits - 1)),
                "offset": (np.float32, (2, 32)),
            }
            if metric == "l1":
                expected["query_codes"] = (np.uint32, (*rows[:-1], 6, bits, 1))
            else:
                expected["query_weights"] = (np.int8, (*rows, 32))
            if metric == "two_pass":
                expected["candidates"] = (np.int32, (*rows, 64))
            self.assertEqual({name: (result[name].dtype, result[name].shape) for name in expected}, expected)

    def test_sel_3_everything_is_selected_where_it_fits(self):
        query, key, value = inputs()
        for metric, bits in METRICS:
            result = step(query, key, value, metric, bits, np.array([90, 0, 17]), budget=90)
            self.assertEqual(result["lengths"].tolist(), [[90] * 6, [0] * 6, [17] * 6])
            dense = reference.dense_attention(query[:, None], key, value, np.array([[90], [0], [17]]))
            np.testing.assert_array_equal(result["output"], dense.output[:, 0])
            np.testing.assert_array_equal(result["lse"], dense.lse[:, 0])

    def test_nq_1_query_tokens_see_their_prefix(self):
        query, key, value = inputs(query_tokens=4)
        lens = np.array([90, 4, 0])
        for metric, bits in METRICS:
            together = step(query, key, value, metric, bits, lens, budget=12)
            for i in range(4):
                alone = step(query[:, i], key, value, metric, bits, np.maximum(0, lens - 3 + i) * (lens > 0), budget=12)
                np.testing.assert_array_equal(together["indices"][:, i], alone["indices"])
                np.testing.assert_array_equal(together["output"][:, i], alone["output"])

    def test_sel_4_group_of_one_needs_no_policy(self):
        query, key, value = inputs(query_heads=2)
        for metric, bits in METRICS:
            single, shared = (step(query, key, value, metric, bits, policy=p, budget=9) for p in ("per_query_head", "per_kv_head"))
            np.testing.assert_array_equal(single["indices"], shared["indices"])

    def test_ref_3_wide_first_pass_changes_nothing(self):
        query, key, value = inputs()
        two = step(query, key, value, "two_pass", 4, budget=12)  # 96 candidates of 90 tokens.
        one = step(query, key, value, "weighted", 4, budget=12, sink=4)
        np.testing.assert_array_equal(two["indices"], one["indices"])

    def test_ref_3_is_five_steps(self):
        query, key, value = inputs(seed=3)
        c = reference.calibrate(key, "uniform", 4)
        codes = reference.encode_keys(key, c["thresholds"], 4, c["offset"])
        weights = reference.weigh(query[:, None], 2)
        lengths = np.full((3, 1), 90)
        wide, _ = reference.topk(reference.weighted_distance(weights, codes, 4, 1), lengths, 48, 4, 1)
        narrow = reference.weighted_distance(weights, codes, 4, candidates=wide)
        expected, _ = reference.topk(narrow, lengths, 6, 4, 1, wide)
        result = step(query, key, value, "two_pass", 4, budget=6)
        np.testing.assert_array_equal(result["candidates"], wide[:, 0])
        np.testing.assert_array_equal(result["indices"], expected[:, 0])
        self.assertTrue((result["indices"][..., :4] == [0, 1, 2, 3]).all())

    def test_wgt_5_one_cache_serves_both_metrics(self):
        query, key, value = inputs()
        c = reference.calibrate(key, "uniform", 2)
        a, b = (reference.decode(query, key, value, metric=m, bits=2, budget=9, **c) for m in ("l1", "weighted"))
        np.testing.assert_array_equal(a["key_codes"], b["key_codes"])

    def test_kv_1_shared_and_separate_caches(self):
        query, key, value = inputs(shared=False)
        for metric, bits in METRICS:
            c = reference.calibrate(key, "uniform", bits)
            whole = reference.decode(query, key, value, metric=metric, bits=bits, budget=9, **c)
            for b in range(3):
                one = reference.decode(query[[b]], key[[b]], value[[b]], metric=metric, bits=bits, budget=9, **c)
                np.testing.assert_array_equal(whole["indices"][b], one["indices"][0])

    def test_kv_2_tokens_beyond_the_length_do_not_matter(self):
        query, key, value = inputs()
        c = reference.calibrate(key, "uniform", 2)
        junk_key, junk_value = key.copy(), value.copy()
        junk_key[:, :, 50:], junk_value[:, :, 50:] = np.nan, np.inf
        lens = np.array([50, 10, 0])
        a, b = (reference.decode(query, k, v, lens, "weighted", 2, 9, **c) for k, v in ((key, value), (junk_key, junk_value)))
        np.testing.assert_array_equal(a["indices"], b["indices"])
        np.testing.assert_array_equal(a["output"], b["output"])

    def test_buk_3_nan_keys_have_code_0(self):
        query, key, value = inputs()
        key[0, 0, 5] = np.nan
        for metric, bits in METRICS:
            c = reference.calibrate(key, "uniform", bits)
            result = reference.decode(query, key, value, metric=metric, bits=bits, budget=9, **c)
            self.assertFalse(result["key_codes"][0, 0, 5].any())

    def test_element_types_convert_exactly(self):
        half = inputs(dtype=np.float16)
        single = [x.astype(np.float32) for x in half]
        brain = [reference.to_bf16(x) for x in single]
        back = [reference.to_f32(x) for x in brain]
        for metric, bits in METRICS:
            for a, b in ((half, single), (brain, back)):
                one, two = (step(*x, metric, bits, budget=9) for x in (a, b))
                np.testing.assert_array_equal(one["indices"], two["indices"])
                np.testing.assert_array_equal(one["output"], two["output"])

    def test_bad_input(self):
        query, key, value = inputs()
        uniform = reference.calibrate(key, "uniform", 2)
        for message, arguments in (
            ("metric to be one of l1, weighted, two_pass, but got 'l2'", {"metric": "l2"}),
            ("policy to be one of", {"policy": "shared"}),
            ("calibrated thresholds for metric weighted", {"metric": "weighted"}),
            ("calibrated thresholds for metric l1 with 3 bits", {"bits": 3}),
            ("budget 4, but got 4 \\+ 1", {"metric": "two_pass", "budget": 4, "thresholds": np.zeros(15, np.float32)}),
            ("expected 7 thresholds for 3 bits", {"bits": 3, "thresholds": uniform["thresholds"]}),
            ("expected thresholds \\[3\\] or \\[2, 3\\], but got \\[3, 3\\]", {"thresholds": np.tile(uniform["thresholds"][:1], (3, 1))}),
            ("expected integer lengths \\[3\\]", {"seq_lens": np.array([1, 2])}),
        ):
            with self.assertRaisesRegex(ValueError, message):
                reference.decode(query, key, value, **arguments)
        with self.assertRaisesRegex(TypeError, "one element type"):
            reference.decode(query.astype(np.float16), key, value)
        with self.assertRaisesRegex(ValueError, "keys of dimension 64, but got 32"):
            reference.decode(np.zeros((3, 6, 64), np.float32), key, value)
        with self.assertRaisesRegex(ValueError, "key batch of 1 or 3, but got 2"):
            reference.decode(query, key[[0, 0]], value[[0, 0]])


if __name__ == "__main__":
    unittest.main()
