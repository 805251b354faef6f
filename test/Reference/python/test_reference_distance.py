# Tests of the NumPy reference: L1 distance, weights and weighted distance, by the labels of the specification.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import unittest

import support
import numpy as np
from adamas import reference


def popc(words):
    return sum(bin(int(w)).count("1") for w in np.ravel(words))


class L1Test(unittest.TestCase):
    def test_dst_by_hand(self):
        query, key = np.zeros((1, 1, 1, 32), np.uint8), np.zeros((1, 1, 2, 32), np.uint8)
        query[..., :4], key[..., 0, :4], key[..., 1, :4] = [0, 1, 2, 3], [3, 1, 0, 0], [0, 1, 2, 3]
        self.assertEqual(reference.l1_distance(query, key, 2).tolist(), [[[[8, 0]]]])

    def test_dst_1_same_dimension_and_bits(self):
        query, key = np.zeros((1, 1, 1, 32), np.uint8), np.zeros((1, 1, 2, 64), np.uint8)
        with self.assertRaisesRegex(ValueError, "dimension 32, but got 64"):
            reference.l1_distance(query, key, 2)
        with self.assertRaisesRegex(ValueError, "query codes of at most 3 for 2 bits, but got 7"):
            reference.l1_distance(query + np.uint8(7), key[..., :32], 2)

    def test_dst_2_head_of_the_group(self):
        query, key = np.zeros((1, 1, 6, 32), np.uint8), np.zeros((1, 2, 1, 32), np.uint8)
        key[:, 1] = 1
        self.assertEqual(reference.l1_distance(query, key, 1)[0, 0, :, 0].tolist(), [0, 0, 0, 32, 32, 32])

    def test_dst_3_identities(self):
        query, key = support.random_codes(0, (1, 1, 1, 128), 2), support.random_codes(1, (1, 1, 20, 128), 2)
        distance = reference.l1_distance(query, key, 2)[0, 0, 0]
        ql, qh = reference.pack(query, 2)[0, 0, 0]
        for n in range(20):
            kl, kh = reference.pack(key, 2)[0, 0, n]
            q, k = (ql | qh, qh, ql & qh), (kl | kh, kh, kl & kh)
            self.assertEqual(distance[n], sum(popc(a ^ b) for a, b in zip(q, k)))
            self.assertEqual(distance[n], popc(q) + popc(k) - 2 * sum(popc(a & b) for a, b in zip(q, k)))
            xl, xh, parity = ql ^ kl, qh ^ kh, ql ^ qh
            self.assertEqual(distance[n], popc(xl) + 2 * popc(xh & ~(xl & parity)))

    def test_dst_4_a_wrong_metric_is_caught(self):
        # With codes 1 and 2 alone the popcount of the planes' xor is twice the L1 distance, so it selects the same tokens;
        # with all four codes it ranks the key (1, 1) with the key (3, 0).
        def xor(query, key):
            planes = reference.pack(key, 2)[0, 0]
            return [popc(reference.pack(query, 2)[0, 0, 0] ^ k) for k in planes]

        query, key = support.random_codes(8, (1, 1, 1, 32), 1) + 1, support.random_codes(9, (1, 1, 9, 32), 1) + 1
        self.assertEqual([2 * d for d in reference.l1_distance(query, key, 2).ravel()], xor(query, key))
        query, key = np.zeros((1, 1, 1, 32), np.uint8), np.zeros((1, 1, 2, 32), np.uint8)
        key[0, 0, :, :2] = [[1, 1], [3, 0]]
        self.assertEqual(reference.l1_distance(query, key, 2).ravel().tolist(), [2, 3])
        self.assertEqual(xor(query, key), [2, 2])

    def test_sel_4_sum_over_the_group(self):
        query, key = support.random_codes(2, (2, 3, 6, 64), 3), support.random_codes(3, (1, 2, 9, 64), 3)
        single = reference.l1_distance(query, key, 3)
        shared = reference.l1_distance(query, key, 3, policy="per_kv_head")
        np.testing.assert_array_equal(shared, single.reshape(2, 3, 2, 3, 9).sum(axis=3))
        self.assertLessEqual(shared.max(), reference.l1_bound(64, 3, group=3))

    def test_pak_4_top_planes(self):
        query, key = support.random_codes(4, (1, 1, 2, 64), 4), support.random_codes(5, (1, 2, 9, 64), 4)
        for planes in (1, 2, 3, 4):
            top = reference.l1_distance(query >> (4 - planes), key >> (4 - planes), planes)
            np.testing.assert_array_equal(reference.l1_distance(query, key, 4, planes), top)
        with self.assertRaisesRegex(ValueError, "1 to 4 planes of a 4-bit code, but got 5"):
            reference.l1_distance(query, key, 4, 5)

    def test_ref_1_candidates_and_padding(self):
        query, key = support.random_codes(6, (1, 1, 2, 32), 2), support.random_codes(7, (1, 1, 9, 32), 2)
        full = reference.l1_distance(query, key, 2)
        candidates = np.array([[[[0, 3, 8, -1], [5, -1, -1, -1]]]], np.int32)
        listed = reference.l1_distance(query, key, 2, candidates=candidates)
        self.assertEqual(listed[0, 0, 0].tolist(), [*full[0, 0, 0, [0, 3, 8]], -1])
        self.assertEqual(listed[0, 0, 1].tolist(), [full[0, 0, 1, 5], -1, -1, -1])
        for bad, message in (
            ([3, 0, 8, -1], "ascending"),
            ([3, 3, 8, -1], "ascending"),
            ([0, -1, 8, -1], "end only"),
            ([0, 9, -1, -1], "below 9, but got 9"),
            ([-2, 0, 1, 2], "end only"),
        ):
            candidates[0, 0, 0] = bad
            with self.assertRaisesRegex(ValueError, message):
                reference.l1_distance(query, key, 2, candidates=candidates)

    def test_nq_1_visible_lengths(self):
        lengths = reference.visible_lengths(np.array([0, 3, 10]), 3, 3, 10)
        self.assertEqual(lengths.tolist(), [[0, 0, 0], [1, 2, 3], [8, 9, 10]])
        for lens, message in (([2], "0 or at least 3 query tokens, but got 2"), ([11], r"in \[0, 10\], but got 11"), ([-1], "but got -1")):
            with self.assertRaisesRegex(ValueError, message):
                reference.visible_lengths(np.array(lens), 3, 1, 10)
        with self.assertRaisesRegex(ValueError, "1 to 8 query tokens, but got 9"):
            reference.visible_lengths(None, 9, 1, 10)
        query, key = np.zeros((1, 2, 1, 32), np.uint8), np.zeros((1, 1, 4, 32), np.uint8)
        distance = reference.l1_distance(query, key, 2, lengths=np.array([[1, 2]]))
        self.assertEqual(distance[0, :, 0].tolist(), [[0, -1, -1, -1], [0, 0, -1, -1]])


class WeightedTest(unittest.TestCase):
    def rotate_back(self, y):
        """A query whose rotation is y exactly: y has few, power-of-two entries and D is a power of four."""
        query = reference.hadamard(np.asarray(y, np.float32))
        np.testing.assert_array_equal(reference.hadamard(query), y)
        return query

    def test_wgt_1_sum_by_butterflies(self):
        # 2^24 + 1 is 2^24 in f32; pairs are summed first, so the ones that share a pair survive.
        y = np.zeros(32, np.float32)
        y[:4] = [2.0**24, 1, -1, -1]
        self.assertEqual(reference.absolute_sum(y), 2.0**24 + 2)
        z = support.random_values(0, (5, 64))
        s = np.abs(z)
        while s.shape[-1] > 1:
            s = s[:, 0::2] + s[:, 1::2]
        np.testing.assert_array_equal(reference.absolute_sum(z), s[:, 0])

    def test_wgt_2_round_half_to_even_and_clamp(self):
        y = np.zeros(64, np.float32)
        y[:8] = [1, -1, 2, -2, 3, 5, -8, 10]  # sum 32
        weights = reference.weigh(self.rotate_back(y)[None, None, None], 1, weight_range=16)[0, 0, 0]
        self.assertEqual(weights[:9].tolist(), [0, 0, 1, -1, 2, 2, -4, 5, 0])
        weights = reference.weigh(self.rotate_back(y)[None, None, None], 1, weight_range=64, weight_cap=7)[0, 0, 0]
        self.assertEqual(weights[:9].tolist(), [2, -2, 4, -4, 6, 7, -7, 7, 0])

    def test_wgt_2_tiny_infinite_and_nan_sums_give_zero(self):
        for first in (0.0, 2.0**-101, np.inf, -np.inf, np.nan):
            query = np.zeros((1, 1, 1, 64), np.float32)
            query[..., 0] = first / 8  # The rotated sum is 8 times the entry.
            self.assertFalse(reference.weigh(query, 1).any(), first)
        query[..., 0] = 2.0**-100 / 8
        self.assertTrue((reference.weigh(query, 1) == 2).all())

    def test_wgt_2_attributes(self):
        query = np.ones((1, 1, 1, 32), np.float32)
        for options, message in (({"weight_range": 0}, "range of 1 to 32768, but got 0"), ({"weight_cap": 128}, "cap of 1 to 127, but got 128")):
            with self.assertRaisesRegex(ValueError, message):
                reference.weigh(query, 1, **options)

    def test_wgt_3_both_forms_and_bounds(self):
        query = support.random_values(1, (3, 1, 6, 64))
        for bits in (1, 2, 3, 4):
            key, m = support.random_codes(bits, (1, 2, 17, 64), bits), 2**bits - 1
            weights = reference.weigh(query, 2).astype(np.int64)
            distance = reference.weighted_distance(weights.astype(np.int8), key, bits)
            for b, _, h in np.ndindex(3, 1, 6):
                w, c = weights[b, 0, h], key[0, h // 3].astype(np.int64)
                corner = (np.abs(w) * np.where(w > 0, m - c, c)).sum(axis=1)
                np.testing.assert_array_equal(distance[b, 0, h], corner)
                self.assertLessEqual(corner.max(), m * np.abs(w).sum())
            self.assertLessEqual(distance.max(), reference.weighted_bound(64, bits))
            self.assertGreaterEqual(distance.min(), 0)

    def test_wgt_3_static_bound_holds_at_its_worst(self):
        # Equal coordinates at a fraction of one half are rounded up: the sum of weights exceeds W by up to D / 2.
        query = np.zeros((1, 1, 1, 64), np.float32)
        query[..., 0] = 1
        for reach in (32, 96, 97, 128, 2**15):
            weights = reference.weigh(query, 1, weight_range=reach, weight_cap=127).astype(int)
            self.assertLessEqual(np.abs(weights).sum(), reference.weighted_bound(64, 1, reach, 127))
        self.assertEqual(reference.weighted_bound(128, 2), 3 * min(7 * 128, 256 + 65))

    def test_wgt_4_group_of_three(self):
        query = support.random_values(2, (1, 1, 3, 64))
        y = reference.hadamard(query)[0, 0]
        total = np.zeros(64, np.float32)
        for h in range(3):
            total = total + y[h] / reference.absolute_sum(y[h])
        factor = np.float32(128) / reference.absolute_sum(total)
        expected = np.clip(np.rint(total * factor), -7, 7)
        np.testing.assert_array_equal(reference.weigh(query, 1, "per_kv_head")[0, 0, 0], expected)

    def test_wgt_4_unusable_heads_contribute_nothing(self):
        query = support.random_values(3, (1, 1, 3, 64))
        query[0, 0, 1] = np.nan
        pair = reference.weigh(query[:, :, [0, 2]], 1, "per_kv_head")
        np.testing.assert_array_equal(reference.weigh(query, 1, "per_kv_head"), pair)
        query[:] = np.inf
        self.assertFalse(reference.weigh(query, 1, "per_kv_head").any())

    def test_wgt_4_group_of_one_is_per_query_head(self):
        query = support.random_values(4, (2, 1, 3, 64))
        np.testing.assert_array_equal(reference.weigh(query, 3, "per_kv_head"), reference.weigh(query, 3))

    def test_pak_4_one_plane_of_weighted(self):
        weights = reference.weigh(support.random_values(5, (1, 1, 2, 64)), 1)
        key = support.random_codes(6, (1, 1, 9, 64), 4)
        np.testing.assert_array_equal(
            reference.weighted_distance(weights, key, 4, 1), reference.weighted_distance(weights, key >> 3, 1)
        )


if __name__ == "__main__":
    unittest.main()
