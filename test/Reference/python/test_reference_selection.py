# Tests of the NumPy reference: selections, by the labels of the specification.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import unittest

import support
import numpy as np
from adamas import reference


def topk(distances, k, length=None, **options):
    """One row: plain lists in, (indices, length) out."""
    distances = np.array(distances, np.int32)
    length = len(distances) if length is None else length
    if "candidates" in options:
        options["candidates"] = np.array(options["candidates"], np.int32)[None, None, None]
    indices, lengths = reference.topk(distances[None, None, None], np.array([[length]]), k, **options)
    return indices[0, 0, 0].tolist(), int(lengths[0, 0, 0])


class TopKTest(unittest.TestCase):
    def test_sel_1_forced_tokens(self):
        distances = [9, 9, 9, 0, 1, 2, 9, 9]
        self.assertEqual(topk(distances, 3), ([3, 4, 7], 3))
        self.assertEqual(topk(distances, 4, sink=2), ([0, 1, 3, 7], 4))
        self.assertEqual(topk(distances, 5, sink=1, recent=3), ([0, 3, 5, 6, 7], 5))

    def test_sel_2_ties_go_to_the_newest(self):
        self.assertEqual(topk([5] * 8, 3), ([5, 6, 7], 3))
        self.assertEqual(topk([1, 2, 1, 2, 1, 2, 9], 4), ([0, 2, 4, 6], 4))
        self.assertEqual(topk([2, 1, 2, 2, 1, 2, 9], 4), ([1, 4, 5, 6], 4))

    def test_sel_2_is_the_sort_of_the_definition(self):
        distances = np.random.default_rng(0).integers(0, 9, 300)
        for k in (1, 2, 50, 299, 300):
            order = sorted(range(299), key=lambda n: (distances[n], -n))[: k - 1]
            self.assertEqual(topk(distances, k)[0], sorted([*order, 299]))

    def test_sel_3_short_and_empty(self):
        self.assertEqual(topk([3, 1, 2], 5), ([0, 1, 2, -1, -1], 3))
        self.assertEqual(topk([3, 1, 2], 3), ([0, 1, 2], 3))
        self.assertEqual(topk([3, 1, -1, -1], 3, length=2), ([0, 1, -1], 2))
        self.assertEqual(topk([-1] * 4, 2, length=0), ([-1, -1], 0))
        self.assertEqual(topk([], 2), ([-1, -1], 0))
        self.assertEqual(topk([1, 1], 8, sink=4, recent=4), ([0, 1] + [-1] * 6, 2))

    def test_sel_3_budgets_that_cannot_be(self):
        for options, message in (
            ({"sink": 4}, "budget 4, but got 4 \\+ 1"),
            ({"recent": 0}, "recent >= 1, but got 0"),
            ({"sink": -1}, "sink >= 0, but got -1"),
        ):
            with self.assertRaisesRegex(ValueError, message):
                topk([], 4, **options)

    def test_sel_5_missing_distances_are_an_error(self):
        with self.assertRaisesRegex(ValueError, "expected 3 distances >= 0"):
            topk([1, -1, 2], 2)
        with self.assertRaisesRegex(ValueError, "expected 4 distances >= 0"):
            topk([1, 1, 2], 2, length=4)

    def test_ref_2_candidates(self):
        self.assertEqual(topk([7, 3, 9, -1], 2, length=10, candidates=[1, 4, 6, -1]), ([4, 9], 2))
        self.assertEqual(topk([5, 5, 5], 2, length=10, candidates=[1, 4, 6]), ([6, 9], 2))
        # A forced token is selected whether listed or not, and its distance never counts.
        self.assertEqual(topk([7, 3, 0], 3, length=10, candidates=[0, 4, 9], sink=1), ([0, 4, 9], 3))
        self.assertEqual(topk([7, 3, 1], 3, length=10, candidates=[2, 4, 6], sink=1), ([0, 6, 9], 3))
        self.assertEqual(topk([7, 3, -1, -1], 6, length=10, candidates=[2, 4, -1, -1], sink=1), ([0, 2, 4, 9, -1, -1], 4))
        self.assertEqual(topk([-1, -1], 2, length=10, candidates=[-1, -1]), ([9, -1], 1))
        with self.assertRaisesRegex(ValueError, "below 10, but got 10"):
            topk([7, 3], 2, length=10, candidates=[2, 10])

    def test_nq_1_each_query_token_its_own_length(self):
        distances = np.zeros((1, 3, 1, 5), np.int32)
        indices, lengths = reference.topk(distances, np.array([[3, 4, 5]]), 2)
        self.assertEqual(indices[0, :, 0].tolist(), [[1, 2], [2, 3], [3, 4]])
        self.assertEqual(lengths.ravel().tolist(), [2, 2, 2])


class DecompositionTest(unittest.TestCase):
    def test_sel_6_threshold_by_hand(self):
        self.assertEqual(reference.threshold(np.array([2, 0, 3, 4]), 4), (2, 2))
        self.assertEqual(reference.threshold(np.array([2, 0, 3, 4]), 5), (2, 3))
        self.assertEqual(reference.threshold(np.array([2, 0, 3, 4]), 1), (0, 1))
        self.assertEqual(reference.threshold(np.array([2, 0, 3, 4]), 0), (-1, 0))
        self.assertEqual(reference.threshold(np.array([2, 0, 3, 4]), 99), (3, 4))

    def test_sel_6_any_partition_gives_topk(self):
        rng = np.random.default_rng(1)
        for ways in (1, 2, 3, 7, 64):
            for k, sink, recent in ((1, 0, 1), (20, 4, 1), (40, 0, 8), (500, 4, 1)):
                length = int(rng.integers(1, 300))
                distances = rng.integers(0, 12, length)
                cuts = np.sort(rng.integers(0, length + 1, ways - 1))
                parts = np.split(np.arange(length), cuts)
                keep = reference.forced(length, sink, recent)
                counts = [reference.histogram(distances[p], p, keep, 12) for p in parts]
                t, quota = reference.threshold(sum(counts), k - len(keep))
                chosen = []
                for part, count in list(zip(parts, counts))[::-1]:
                    chosen.append(reference.compact(distances[part], part, keep, t, quota))
                    quota = max(0, quota - (int(count[t]) if t >= 0 else 0))
                got = np.concatenate(chosen[::-1])
                want, number = topk(distances, k, sink=sink, recent=recent)
                self.assertEqual(got.tolist(), want[:number])


class OtherSelectionsTest(unittest.TestCase):
    def one_head(self, scores):
        """Query and keys of one head whose products are `scores`."""
        query, key = np.zeros((1, 1, 1, 32), np.float32), np.zeros((1, 1, len(scores), 32), np.float32)
        query[..., 0], key[0, 0, :, 0] = 1, scores
        return query, key, np.array([[len(scores)]])

    def test_exact_topk_ties_and_nan(self):
        query, key, lengths = self.one_head([5, np.nan, 5, -np.inf, 5, 1, 0])
        for k, expected in ((2, [4, 6]), (3, [2, 4, 6]), (4, [0, 2, 4, 6]), (6, [0, 2, 3, 4, 5, 6])):
            self.assertEqual(reference.exact_topk(query, key, lengths, k)[0].ravel().tolist(), expected)
        self.assertEqual(reference.exact_topk(query, key, lengths, 4, sink=2)[0].ravel().tolist(), [0, 1, 4, 6])

    def test_exact_topk_adds_the_scores_of_a_group(self):
        query = np.zeros((1, 1, 2, 32), np.float32)
        query[0, 0, 0, 0] = query[0, 0, 1, 1] = 1
        key = np.zeros((1, 1, 4, 32), np.float32)
        key[0, 0, :, :2] = [[3, -3], [2, 2], [0, 3], [0, 0]]
        lengths = np.array([[4]])
        self.assertEqual(reference.exact_topk(query, key, lengths, 2)[0][0, 0].tolist(), [[0, 3], [2, 3]])
        shared = reference.exact_topk(query, key, lengths, 2, policy="per_kv_head")[0]
        self.assertEqual(shared[0, 0].tolist(), [[1, 3]])

    def test_quest_ranks_pages_and_takes_the_last(self):
        scores = np.zeros(40)
        scores[3], scores[20] = 1, 2
        query, key, lengths = self.one_head(scores)
        self.assertEqual(reference.quest(query, key, lengths, 24)[0].ravel().tolist(), list(range(16, 40)))
        # 8 of the last page, 16 of the best, and the newest 2 of the page that no longer fits.
        self.assertEqual(reference.quest(query, key, lengths, 26)[0].ravel().tolist(), [14, 15, *range(16, 40)])
        self.assertEqual(reference.quest(query, key, np.array([[0]]), 4)[1].ravel().tolist(), [0])

    def test_quest_bound_takes_the_better_corner(self):
        key = np.zeros((1, 1, 8, 32), np.float32)
        key[0, 0, 0, :2], key[0, 0, 1, :2], key[0, 0, 4, :2] = [4, 0], [0, -4], [3, -3]
        query = np.zeros((1, 1, 1, 32), np.float32)
        query[..., :2] = [1, -1]
        # Page {0..3} is bounded by 4 + 4 although no key scores above 4; page {4..5} by its one key's 6.
        lengths = np.array([[8]])
        self.assertEqual(reference.quest(query, key, lengths, 4, page=2)[0].ravel().tolist(), [0, 1, 6, 7])

    def test_sink_recent(self):
        indices, lengths = reference.sink_recent(np.array([[10], [3]]), 2, 6)
        self.assertEqual(indices[:, 0, 0].tolist(), [[0, 1, 2, 3, 8, 9], [0, 1, 2, -1, -1, -1]])
        self.assertEqual(lengths[:, 0, 1].tolist(), [6, 3])


if __name__ == "__main__":
    unittest.main()
