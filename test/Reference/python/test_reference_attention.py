# Tests of the NumPy reference: attention, merging, tolerances and metrics, by the labels of the specification.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import unittest

import support
import numpy as np
from adamas import reference


def inputs(seed=0, batch=2, query_tokens=1, query_heads=6, kv_heads=2, tokens=20, size=32, dtype=np.float32):
    shape = (batch, kv_heads, tokens, size)
    return (
        support.random_values(seed, (batch, query_tokens, query_heads, size), dtype),
        support.random_values(seed + 1, shape, dtype),
        support.random_values(seed + 2, shape, dtype),
    )


class AttentionTest(unittest.TestCase):
    def test_att_1_by_hand(self):
        query, key, value = (np.zeros((1, 1, n, 32), np.float32) for n in (1, 3, 3))
        query[..., 0], key[0, 0, :, 0] = 1, [0, np.log(2), np.log(5)]
        value[0, 0, :, 0] = [1, 2, 4]
        result = reference.sparse_attention(query, key, value, np.array([[[[0, 2, -1]]]]), scale=1.0)
        self.assertAlmostEqual(result.output[0, 0, 0, 0], (1 * 1 + 5 * 4) / 6, 6)
        self.assertAlmostEqual(result.lse[0, 0, 0], np.log(6), 6)
        self.assertAlmostEqual(result.peak[0, 0, 0], np.log(5), 6)

    def test_att_1_scale_defaults_to_the_root_of_the_dimension(self):
        query, key, value = inputs()
        lengths = np.full((2, 1), 20)
        explicit = reference.dense_attention(query, key, value, lengths, 1 / np.sqrt(32.0))
        np.testing.assert_array_equal(reference.dense_attention(query, key, value, lengths).output, explicit.output)

    def test_att_1_all_tokens_is_dense(self):
        query, key, value = inputs()
        every = np.broadcast_to(np.arange(20, dtype=np.int32), (2, 1, 6, 20))
        sparse, dense = reference.sparse_attention(query, key, value, every), reference.dense_attention(query, key, value, np.full((2, 1), 20))
        for b, h in np.ndindex(2, 6):
            score = key[b, h // 3].astype(np.float64) @ query[b, 0, h] / np.sqrt(32)
            weight = np.exp(score) / np.exp(score).sum()
            np.testing.assert_allclose(sparse.output[b, 0, h], weight @ value[b, h // 3], rtol=1e-6, atol=1e-7)
        np.testing.assert_array_equal(sparse.output, dense.output)

    def test_sel_4_a_shared_list_serves_the_group(self):
        query, key, value = inputs()
        shared = np.array([0, 3, 9], np.int32) + np.arange(2, dtype=np.int32)[:, None]
        shared = np.broadcast_to(shared, (2, 1, 2, 3))
        np.testing.assert_array_equal(
            reference.sparse_attention(query, key, value, shared).output,
            reference.sparse_attention(query, key, value, np.repeat(shared, 3, axis=2)).output,
        )

    def test_att_3_empty_set(self):
        query, key, value = inputs()
        result = reference.sparse_attention(query, key, value, np.full((2, 1, 6, 4), -1))
        self.assertFalse(result.output.any())
        self.assertTrue(np.isneginf(result.lse).all())
        self.assertTrue(result.finite.all())

    def test_att_4_merge_of_any_partition(self):
        query, key, value = inputs()
        dense = reference.dense_attention(query, key, value, np.full((2, 1), 20))
        for cuts in ([], [7], [0, 3, 3, 20], [1, 2, 19]):
            parts = []
            for part in np.split(np.arange(20), cuts):
                listed = np.full((2, 1, 6, 20), -1)
                listed[..., : len(part)] = part
                one = reference.sparse_attention(query, key, value, listed)
                parts.append((one.output, one.lse))
            output, lse = reference.merge(parts)
            np.testing.assert_allclose(output, dense.output, atol=1e-12)
            np.testing.assert_allclose(lse, dense.lse, atol=1e-12)
        output, lse = reference.merge([(np.zeros(4), -np.inf)] * 3)
        self.assertEqual((output.tolist(), lse), ([0, 0, 0, 0], -np.inf))

    def test_att_2_tolerance_by_type_and_score(self):
        query, key, value = inputs(dtype=np.float16)
        dense = reference.dense_attention(query, key, value, np.full((2, 1), 20))
        rounded = dense.output.astype(np.float16)
        self.assertEqual(reference.check_attention(rounded, dense, "f16", dense.lse.astype(np.float32)), [])
        self.assertTrue(reference.check_attention(rounded, dense, "f32"))
        self.assertEqual(len(reference.check_attention(rounded, dense, "f16", dense.lse + 1e-3)), 12)
        wide = dense._replace(peak=np.full((2, 1, 6), 64 * 100.0))
        self.assertEqual(reference.check_attention(rounded, wide, "f32"), [])
        empty = reference.sparse_attention(query, key, value, np.full((2, 1, 6, 4), -1))
        zero = np.zeros((2, 1, 6, 32), np.float16)
        self.assertEqual(reference.check_attention(zero, empty, "f16", empty.lse), [])
        self.assertEqual(len(reference.check_attention(zero, empty, "f16", np.zeros((2, 1, 6)))), 12)
        self.assertEqual(len(reference.check_attention(zero + np.float16(1), empty, "f16")), 12)

    def test_att_2_non_finite_heads(self):
        query, key, value = inputs()
        value[0, 0, 3, 5] = np.nan
        dense = reference.dense_attention(query, key, value, np.full((2, 1), 20))
        self.assertEqual(dense.finite[:, 0].tolist(), [[False] * 3 + [True] * 3, [True] * 6])
        output = dense.output.astype(np.float32)
        self.assertEqual(reference.check_attention(output, dense, "f32"), [])
        output[0, 0, 0] = np.inf  # Non-finite all the same.
        output[0, 0, 1] = 0
        self.assertEqual(len(reference.check_attention(output, dense, "f32")), 1)

    def test_kv_1_a_batch_of_one_is_shared(self):
        query, key, value = inputs()
        lengths = np.full((2, 1), 20)
        shared = reference.dense_attention(query, key[:1], value[:1], lengths)
        twice = reference.dense_attention(query, key[[0, 0]], value[[0, 0]], lengths)
        np.testing.assert_array_equal(shared.output, twice.output)

    def test_bad_shapes(self):
        query, key, value = inputs()
        with self.assertRaisesRegex(ValueError, "of one shape"):
            reference.dense_attention(query, key, value[:, :, 1:], np.full((2, 1), 20))
        with self.assertRaisesRegex(ValueError, "multiple of key/value heads, but got 5 and 2"):
            reference.dense_attention(query[:, :, :5], key, value, np.full((2, 1), 20))


class MetricsTest(unittest.TestCase):
    def test_recall(self):
        exact = np.array([[[[1, 2, 3, 4], [5, 6, -1, -1], [-1, -1, -1, -1]]]])
        found = np.array([[[[0, 2, 4, 9], [5, 6, -1, -1], [-1, -1, -1, -1]]]])
        self.assertEqual(reference.recall(found, exact).ravel().tolist(), [0.5, 1.0, 1.0])
        self.assertEqual(reference.recall(found[:, :, :1], exact[:, :, :2]).ravel().tolist(), [0.5, 0.0])

    def test_mass_and_error(self):
        query, key, value = inputs()
        dense = reference.dense_attention(query, key, value, np.full((2, 1), 20))
        half = np.broadcast_to(np.arange(10), (2, 1, 6, 10))
        rest = half + 10
        parts = [reference.sparse_attention(query, key, value, x) for x in (half, rest)]
        np.testing.assert_allclose(sum(reference.mass(p, dense) for p in parts), 1, atol=1e-12)
        self.assertTrue((reference.output_error(parts[0].output, dense) > 0).all())
        self.assertFalse(reference.output_error(dense.output, dense).any())


if __name__ == "__main__":
    unittest.main()
