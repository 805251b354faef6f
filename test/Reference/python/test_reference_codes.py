# Tests of the NumPy reference: element types, Hadamard transform, codes and planes, by the labels of the specification.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import unittest

import support
import numpy as np
from adamas import reference


def explicit_hadamard(x):
    """x H / sqrt(D) in f64 from the definition, H[i][j] = (-1)^popcount(i & j)."""
    size = x.shape[-1]
    matrix = np.array([[(-1.0) ** bin(i & j).count("1") for j in range(size)] for i in range(size)])
    return x.astype(np.float64) @ matrix / np.sqrt(size)


class FloatsTest(unittest.TestCase):
    def test_bf16_round_trips_exactly(self):
        every = np.arange(65536, dtype=np.uint32).astype(np.uint16).view(reference.BF16)
        back = reference.to_bf16(reference.to_f32(every))["bf16"]
        nan = np.isnan(reference.to_f32(every))
        np.testing.assert_array_equal(back[~nan], every["bf16"][~nan])
        self.assertTrue(np.isnan(reference.to_f32(reference.to_bf16(reference.to_f32(every[nan])))).all())

    def test_bf16_rounds_ties_to_even(self):
        x = np.array([0x3F808000, 0x3F818000, 0x3F808001, 0x7F7FFFFF], np.uint32).view(np.float32)
        self.assertEqual(reference.to_bf16(x)["bf16"].tolist(), [0x3F80, 0x3F82, 0x3F81, 0x7F80])

    def test_inexact_types_are_refused(self):
        with self.assertRaisesRegex(TypeError, "but got float64"):
            reference.to_f32(np.zeros(2))


class HadamardTest(unittest.TestCase):
    def test_had_1_sizes(self):
        for size in (2, 32, 1024):
            self.assertEqual(reference.hadamard(np.ones((3, size), np.float32)).shape, (3, size))
        for size in (1, 3, 96, 2048):
            with self.assertRaisesRegex(ValueError, f"power of two from 2 to 1024, but got {size}"):
                reference.hadamard(np.ones(size, np.float32))

    def test_had_2_is_the_matrix_product(self):
        for size in (2, 32, 64, 128, 256):
            x = support.random_values(size, (5, size))
            np.testing.assert_allclose(reference.hadamard(x), explicit_hadamard(x), atol=1e-5)

    def test_had_2_order_of_additions(self):
        # Stride 1 first loses the 1 of 2^24 + 1 but not that of 2^24 - 1; stride 2 first would give 0.5, -0.5 at the front.
        x = np.array([2.0**24, 1, -(2.0**24), 0], np.float32)
        self.assertEqual(reference.hadamard(x).tolist(), [0.0, -0.5, 2.0**24, 2.0**24])

    def test_had_2_one_rounded_factor(self):
        expected = np.float32(3) * np.float32(0.70710678118)
        self.assertEqual(reference.hadamard(np.array([3, 0], np.float32)).tolist(), [expected, expected])

    def test_had_2_converts_exactly(self):
        x = support.random_values(1, (4, 64), np.float16)
        np.testing.assert_array_equal(reference.hadamard(x), reference.hadamard(x.astype(np.float32)))
        b = reference.to_bf16(x.astype(np.float32))
        np.testing.assert_array_equal(reference.hadamard(b), reference.hadamard(reference.to_f32(b)))

    def test_had_2_keeps_denormals(self):
        tiny = np.full(4, 2.0**-149, np.float32)
        self.assertEqual(reference.hadamard(tiny).tolist(), [2.0**-148, 0.0, 0.0, 0.0])

    def test_had_3_nan_and_infinity_propagate(self):
        self.assertTrue(np.isnan(reference.hadamard(np.array([np.nan] + [1] * 31, np.float32))).all())
        y = reference.hadamard(np.array([np.inf, 1, 1, 1], np.float32))
        self.assertTrue((y == np.inf).all())

    def test_had_4_twice_is_the_input_up_to_rounding(self):
        x = support.random_values(2, (7, 128))
        np.testing.assert_allclose(reference.hadamard(reference.hadamard(x)), x, atol=1e-6)


class CodesTest(unittest.TestCase):
    def test_buk_1_thresholds(self):
        x = np.zeros(4, np.float32)
        for t, message in (
            ([0, 1], "expected 3 thresholds for 2 bits"),
            ([0, 1, np.inf], "finite"),
            ([0, np.nan, 1], "finite"),
            ([0, 1, 1], "strictly increasing"),
        ):
            with self.assertRaisesRegex(ValueError, message):
                reference.bucketize(x, np.array(t, np.float32), 2)
        with self.assertRaisesRegex(ValueError, "1 to 4 bits a code, but got 5"):
            reference.bucketize(x, np.zeros(31, np.float32), 5)

    def test_buk_2_sets_per_head(self):
        key = np.zeros((1, 2, 3, 32), np.float32)
        key[..., 0] = np.sqrt(32)  # The rotated key is 1 everywhere.
        codes = reference.encode_keys(key, np.array([[0.5], [1.5]], np.float32), 1)
        self.assertEqual(np.unique(codes[:, 0]).tolist(), [1])
        self.assertEqual(np.unique(codes[:, 1]).tolist(), [0])
        query = np.broadcast_to(key[:, :1, :1], (1, 1, 6, 32)).copy()
        codes = reference.encode_queries(query, np.array([[0.5], [1.5]], np.float32), 1, 2)
        self.assertEqual(codes[0, 0, :, 0].tolist(), [1, 1, 1, 0, 0, 0])

    def test_buk_3_nan_equal_and_zero(self):
        x = np.array([np.nan, -np.inf, -10, 0.0, -0.0, 1e-45, 10, 11, np.inf], np.float32)
        codes = reference.bucketize(x, np.array([-10, 0, 10], np.float32), 2)
        self.assertEqual(codes.tolist(), [0, 0, 0, 1, 1, 2, 2, 3, 3])

    def test_buk_5_offset_is_one_subtraction_of_keys_only(self):
        key = support.random_values(3, (2, 3, 5, 32))
        offset = support.random_values(4, (3, 32))
        t = np.array([-0.5, 0, 0.5], np.float32)
        expected = reference.bucketize(reference.hadamard(key) - offset[:, None, :], t, 2)
        np.testing.assert_array_equal(reference.encode_keys(key, t, 2, offset), expected)
        with self.assertRaisesRegex(ValueError, r"expected an offset \[3, 32\]"):
            reference.encode_keys(key, t, 2, offset[:2])

    def test_pak_1_bits_of_words_of_planes(self):
        codes = np.zeros(64, np.uint8)
        codes[0], codes[33], codes[63] = 1, 2, 3
        self.assertEqual(reference.pack(codes, 2).tolist(), [[1, 1 << 31], [0, 2 | 1 << 31]])

    def test_pak_1_round_trip(self):
        for bits in (1, 2, 3, 4):
            codes = support.random_codes(bits, (2, 3, 128), bits)
            packed = reference.pack(codes, bits)
            self.assertEqual((packed.dtype, packed.shape), (np.uint32, (2, 3, bits, 4)))
            self.assertEqual(packed[0, 0].nbytes, 128 * bits // 8)
            np.testing.assert_array_equal(reference.unpack(packed), codes)

    def test_pak_3_multiple_of_32(self):
        with self.assertRaisesRegex(ValueError, "multiple of 32, but got 48"):
            reference.pack(np.zeros(48, np.uint8), 2)
        with self.assertRaisesRegex(ValueError, "codes of at most 3 for 2 bits, but got 4"):
            reference.pack(np.full(32, 4, np.uint8), 2)


if __name__ == "__main__":
    unittest.main()
