# What only a GPU can show: lengths below the crossover take dense attention, and what validates finds lengths out of range.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import unittest

import numpy as np
from package_support import adamas, needs_library

try:
    import torch
except ImportError:
    torch = None

HEADS, KV_HEADS, DIM, TOKENS = 32, 8, 128, 16384


def random(seed, shape):
    generator = torch.Generator("cuda").manual_seed(seed)
    return torch.randn(shape, generator=generator, device="cuda", dtype=torch.float16)


def make_plan(**options):
    return adamas.Plan(
        query_heads=HEADS, kv_heads=KV_HEADS, head_dim=DIM, budget=64, max_batch=3, max_seq_len=TOKENS, device="cuda",
        operations=("decode", "dense", "append"), **options,
    )


@needs_library
@unittest.skipUnless(torch and torch.cuda.is_available(), "there is no PyTorch with a GPU")
class TestOnGpu(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.key, cls.value = (random(seed, (3, KV_HEADS, TOKENS, DIM)) for seed in (1, 2))
        cls.query = random(3, (3, HEADS, DIM))

    def make_cache(self, plan, lengths):
        seq_lens = torch.tensor(lengths, dtype=torch.int32, device="cuda")
        cache = adamas.Cache(plan, self.key, self.value, plan.new_codes(3, TOKENS, self.key), seq_lens)
        sets = adamas.calibrate(self.key, plan.bits).on(self.key)
        rows = [pool.transpose(1, 2).reshape(-1, KV_HEADS, DIM).contiguous() for pool in (self.key, self.value)]
        plan.append(cache, *rows, torch.arange(3 * TOKENS, dtype=torch.int32, device="cuda"), (sets.keys, sets.offset))
        return cache

    def test_sequences_below_the_crossover_are_dense(self):
        sparse, switching = make_plan(), make_plan(dense_below_crossover=True)
        crossover = switching.crossover
        self.assertTrue(100 < crossover < TOKENS, crossover)
        cache = self.make_cache(sparse, [crossover - 1, crossover, TOKENS])
        expected = sparse.decode(cache, self.query).output
        dense = sparse.dense(cache, self.query).output
        other = adamas.Cache(switching, cache.key, cache.value, cache.codes, cache.seq_lens)
        found = switching.decode(other, self.query).output
        np.testing.assert_allclose(found[0].float().cpu(), dense[0].float().cpu(), atol=2e-3)
        self.assertTrue(torch.equal(found[1:], expected[1:]))
        self.assertFalse(torch.allclose(found[0], expected[0], atol=2e-3))

    def test_lengths_out_of_range_are_empty_and_told(self):
        plan = make_plan(validate=True)
        cache = self.make_cache(plan, [100, TOKENS + 1, 5000])
        plan.read_errors()
        output = plan.decode(cache, self.query).output
        with self.assertRaisesRegex(adamas.ValidationError, "seq_lens: sequence 1: .* it was run as an empty sequence"):
            plan.read_errors()
        plan.read_errors()  # told once
        self.assertTrue((output[1] == 0).all())
        cache.seq_lens[1] = 0
        self.assertTrue(torch.equal(plan.decode(cache, self.query).output, output))


if __name__ == "__main__":
    unittest.main()
