# Tests of the NumPy reference: calibration, by the labels of the specification.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import math
import unittest

import support
import numpy as np
from adamas import reference


def key_of(rotated):
    """A cache [1, 1, 2 n, D] whose first half rotates to these values exactly (few bits, D a power of four); then junk."""
    key = reference.hadamard(np.asarray(rotated, np.float32))
    np.testing.assert_array_equal(reference.hadamard(key), rotated)
    return np.concatenate([key, np.full_like(key, 1000)])[None, None]


class CalibrationTest(unittest.TestCase):
    def test_buk_6_quantiles_by_hand(self):
        self.assertEqual(reference.quantiles(np.arange(8, 0, -1, dtype=np.float32), 2).tolist(), [2, 4, 6])
        # n = 5: ceil(5 / 4) = 2, ceil(10 / 4) = 3, ceil(15 / 4) = 4, counted from 1.
        self.assertEqual(reference.quantiles(np.array([10, 20, 30, 40, 50], np.float32), 2).tolist(), [20, 30, 40])
        self.assertEqual(reference.quantiles(np.array([7], np.float32), 1).tolist(), [7])

    def test_buk_6_equal_neighbours_are_raised(self):
        up = np.float32(1)
        expected = []
        for _ in range(7):
            expected.append(up)
            up = np.nextafter(up, np.float32(np.inf))
        self.assertEqual(reference.quantiles(np.ones(100, np.float32), 3).tolist(), expected)
        # Raising one threshold past the next one raises that, too.
        next_up = np.nextafter(np.float32(1), np.float32(2))
        values = np.array([1, 1, next_up, next_up], np.float32)
        self.assertEqual(reference.quantiles(values, 2).tolist(), [1, next_up, np.nextafter(next_up, np.float32(2))])

    def test_buk_6_non_finite_values_are_dropped(self):
        values = np.array([np.nan, 1, np.inf, 2, 3, -np.inf, 4], np.float32)
        self.assertEqual(reference.quantiles(values, 2).tolist(), [1, 2, 3])
        with self.assertRaisesRegex(ValueError, "at least one finite value"):
            reference.quantiles(np.array([np.nan], np.float32), 2)

    def test_buk_6_quantiles_cut_equal_shares(self):
        key = support.random_values(0, (1, 2, 512, 64))
        for bits in (1, 2, 3, 4):
            t = reference.calibrate(key, "quantile", bits)
            codes = reference.encode_keys(key[:, :, :256], t["thresholds"], bits)
            for h in range(2):
                self.assertEqual(np.bincount(codes[0, h].ravel()).tolist(), [256 * 64 // 2**bits] * 2**bits)
            self.assertFalse(t["offset"].any())

    def test_buk_6_quantiles_of_queries_of_the_group(self):
        query, key = support.random_values(1, (100, 6, 32)), support.random_values(2, (1, 2, 64, 32))
        result = reference.calibrate(key, "quantile", 2, query)
        for h in range(2):
            rotated = np.sort(reference.hadamard(query[:, 3 * h : 3 * h + 3]), axis=None)
            self.assertEqual(result["query_thresholds"][h].tolist(), rotated[[2399, 4799, 7199]].tolist())
        np.testing.assert_array_equal(
            reference.calibrate(key, "quantile", 2)["query_thresholds"], reference.calibrate(key, "quantile", 2)["thresholds"]
        )

    def test_buk_6_first_half_rounded_down(self):
        key = support.random_values(3, (1, 1, 9, 32))
        longer = np.concatenate([key[:, :, :4], support.random_values(4, (1, 1, 4, 32), scale=9)], axis=2)
        for method in ("quantile", "uniform"):
            for a, b in zip(reference.calibrate(key, method, 2).values(), reference.calibrate(longer, method, 2).values()):
                np.testing.assert_array_equal(a, b)

    def test_buk_6_uniform_by_hand(self):
        rotated = np.zeros((2, 64), np.float32)
        rotated[:, 0] = [4, 12]  # Mean 8, offset 6, then -2 and 6: squares 4 + 36 of 128 values.
        result = reference.calibrate(key_of(rotated), "uniform", 2)
        rms = math.sqrt(40 / 128)
        self.assertEqual(result["offset"][0].tolist(), [6] + [0] * 63)
        self.assertEqual(result["thresholds"][0].tolist(), [np.float32(-0.9957 * rms), 0, np.float32(0.9957 * rms)])
        result = reference.calibrate(key_of(rotated), "uniform", 3)
        expected = [np.float32(i * 0.5860 * rms) for i in (-3, -2, -1, 0, 1, 2, 3)]
        self.assertEqual(result["thresholds"][0].tolist(), expected)
        self.assertEqual(reference.calibrate(key_of(rotated), "uniform", 1)["thresholds"].tolist(), [[0]])

    def test_buk_6_uniform_drops_non_finite_values(self):
        key = support.random_values(5, (1, 1, 40, 32))
        hurt = key.copy()
        hurt[0, 0, 7] = np.nan
        without = np.concatenate([key[:, :, :7], key[:, :, 8:20], key[:, :, 21:]], axis=2)  # 19 of 38 in the first half
        for a, b in zip(reference.calibrate(hurt, "uniform", 2).values(), reference.calibrate(without, "uniform", 2).values()):
            np.testing.assert_array_equal(a, b)

    def test_buk_6_zero_keys_name_their_head(self):
        key = support.random_values(6, (1, 3, 8, 32))
        key[0, 1] = 0
        with self.assertRaisesRegex(ValueError, "key/value head 1: .* root mean square is 0"):
            reference.calibrate(key, "uniform", 2)
        key[0, 2] = np.inf
        with self.assertRaisesRegex(ValueError, "key/value head 2: .* finite value"):
            reference.calibrate(key, "quantile", 2)

    def test_buk_4_paper_is_for_two_bits(self):
        key = support.random_values(7, (1, 3, 8, 32))
        self.assertEqual(reference.calibrate(key, "paper", 2)["thresholds"].tolist(), [[-10, 0, 10]] * 3)
        with self.assertRaisesRegex(ValueError, "expected 2 bits .* but got 3"):
            reference.calibrate(key, "paper", 3)
        with self.assertRaisesRegex(ValueError, "one of paper, quantile, uniform, but got 'equal'"):
            reference.calibrate(key, "equal", 2)

    def test_buk_4_uniform_is_nested(self):
        key = support.random_values(8, (1, 2, 128, 64)) + support.random_values(9, (2, 1, 64))
        one = reference.calibrate(key, "uniform", 1)
        sign = reference.encode_keys(key, one["thresholds"], 1, one["offset"])
        for bits in (2, 3, 4):
            more = reference.calibrate(key, "uniform", bits)
            np.testing.assert_array_equal(more["offset"], one["offset"])
            codes = reference.encode_keys(key, more["thresholds"], bits, more["offset"])
            np.testing.assert_array_equal(codes >> (bits - 1), sign)


if __name__ == "__main__":
    unittest.main()
