# Tests of the committed sample: its shape, its provenance, and that methods rank on a real layer as the study says.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import unittest

import support
import numpy as np
from adamas import reference


class SampleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tensors, cls.metadata = reference.safetensors.load(support.SAMPLE)

    def test_shapes_and_types(self):
        expected = {
            "query": (np.float16, (32, 9, 64)),
            "key": (np.float16, (1, 3, 4096, 64)),
            "value": (np.float16, (1, 3, 4096, 64)),
            "seq_lens": (np.int32, (32,)),
            "query_quantiles_2": (np.float32, (3, 3)),
            "query_quantiles_3": (np.float32, (3, 7)),
            "query_quantiles_4": (np.float32, (3, 15)),
        }
        self.assertEqual({name: (x.dtype, x.shape) for name, x in self.tensors.items()}, expected)
        self.assertLess(os.path.getsize(support.SAMPLE), 4_500_000)
        lens = self.tensors["seq_lens"]
        self.assertTrue((lens > 2048).all() and (lens <= 4096).all() and (np.diff(lens) > 0).all())
        for name in ("query", "key", "value"):
            self.assertTrue(np.isfinite(self.tensors[name]).all())

    def test_provenance(self):
        for key in ("model_package", "model_sha256", "text_package", "text_sha256", "command", "software"):
            self.assertTrue(self.metadata[key])
        self.assertEqual((self.metadata["layer"], self.metadata["tokens"]), ("14", "4096"))
        self.assertEqual((self.metadata["model_licence"], self.metadata["text_licence"]), ("Apache-2.0", "public domain"))

    def test_thresholds_of_queries_are_quantiles_of_like_queries(self):
        # The queries of the first half are not stored; those of the second half must be cut into about equal shares.
        query = self.tensors["query"][:, None]
        for bits in (2, 3, 4):
            codes = reference.encode_queries(query, self.tensors[f"query_quantiles_{bits}"], bits, 3)
            share = np.bincount(codes.ravel()) / codes.size * 2**bits
            self.assertLess(np.abs(share - 1).max(), 0.25)

    def test_buk_4_the_papers_thresholds_are_signs_here(self):
        rotated = reference.hadamard(self.tensors["key"])
        self.assertLess((np.abs(rotated) > 10).mean(), 0.001)

    def test_methods_rank_as_the_study_says(self):
        t = self.tensors
        query, key, value = t["query"][:, None], t["key"], t["value"]
        visible = reference.visible_lengths(t["seq_lens"], 1, 32, 4096)
        dense = reference.dense_attention(query, key, value, visible)

        def mass(indices):
            return reference.mass(reference.sparse_attention(query, key, value, indices), dense).mean()

        def step(metric, bits, **calibrated):
            return mass(reference.decode(query, key, value, t["seq_lens"], metric, bits, 128, **calibrated)["indices"])

        quantile = reference.calibrate(key, "quantile", 2)
        quantile["query_thresholds"] = t["query_quantiles_2"]
        figures = [
            mass(reference.quest(query, key, visible, 128)[0]),
            step("l1", 2),
            step("l1", 2, **quantile),
            step("weighted", 2, **reference.calibrate(key, "uniform", 2)),
            step("two_pass", 4, **reference.calibrate(key, "uniform", 4)),
            mass(reference.exact_topk(query, key, visible, 128)[0]),
        ]
        np.testing.assert_allclose(figures[1:], [0.733, 0.794, 0.888, 0.904, 0.909], atol=1e-3)
        self.assertEqual(figures, sorted(figures))


if __name__ == "__main__":
    unittest.main()
