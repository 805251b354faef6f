# What the tests of the Python package share: its import path, a plan with its cache, and the reference beside it.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import dataclasses
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "runtime", "python"))

import numpy as np  # noqa: E402  (the path is set above)

import adamas  # noqa: E402
from adamas import reference  # noqa: E402

DTYPES = {"f16": np.float16, "f32": np.float32, "bf16": reference.BF16}


def has_library():
    """Whether libadamas_runtime can be opened: ctest sets ADAMAS_RUNTIME to the one under test."""
    try:
        adamas.version()
        return True
    except adamas.AdamasError:
        return False


needs_library = unittest.skipUnless(has_library(), "libadamas_runtime is not here: set ADAMAS_RUNTIME")


def random(seed, shape, dtype="f32"):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return reference.to_bf16(values) if dtype == "bf16" else values.astype(DTYPES[dtype])


class Case:
    """Random keys and values of `lengths` tokens in a cache of `capacity`, and queries. Everything NumPy."""

    def __init__(self, lengths=(300, 41), capacity=320, kv_heads=2, group=3, head_dim=64, dtype="f32", **options):
        self.lengths, self.capacity, self.kv_heads, self.dtype = lengths, capacity, kv_heads, dtype
        batch, heads = len(lengths), kv_heads * group
        options = {"operations": ("decode", "dense", "select", "append"), "lse": True, "indices": True, "budget": 32, **options}
        self.plan = adamas.Plan(
            query_heads=heads, kv_heads=kv_heads, head_dim=head_dim, dtype=dtype, max_batch=max(batch, 1), max_seq_len=1024,
            **options,
        )
        tokens = options.get("query_tokens", 1)
        rows = (batch, heads) if tokens == 1 else (batch, tokens, heads)
        self.query = random(1, (*rows, head_dim), dtype)
        self.key, self.value = (random(seed, (batch, kv_heads, max(lengths), head_dim), dtype) for seed in (2, 3))
        method = "quantile" if self.plan.metric == "l1" else "uniform"
        self.thresholds = adamas.calibrate(self.key, self.plan.bits, method, self.query)
        if options.get("thresholds") == "shared":
            keys, queries = (array[:1].copy() for array in (self.thresholds.keys, self.thresholds.queries))
            self.thresholds = dataclasses.replace(self.thresholds, keys=keys, queries=queries)
        self.cache = self.plan.new_cache(batch, capacity)
        self.fill()

    def fill(self):
        size = self.key.shape[-1]
        rows = lambda array: np.ascontiguousarray(array.transpose(0, 2, 1, 3)).reshape(-1, self.kv_heads, size)  # noqa: E731
        tokens = np.arange(self.key.shape[2])
        slots = np.concatenate([np.where(tokens < n, b * self.capacity + tokens, -1) for b, n in enumerate(self.lengths)])
        self.plan.append(self.cache, rows(self.key), rows(self.value), slots.astype(np.int32), self.thresholds)
        self.cache.seq_lens[:] = self.lengths

    def expected(self, **options):
        sets, plan = self.thresholds, self.plan
        keys, queries = (array[0] if len(array) == 1 else array for array in (sets.keys, sets.queries))
        options = {"metric": plan.metric, "bits": plan.bits, "budget": plan.budget, "policy": plan.policy, **options}
        return reference.decode(
            self.query, self.key, self.value, np.array(self.lengths), thresholds=keys, query_thresholds=queries,
            offset=sets.offset if plan.has_offset else None, **options,
        )
