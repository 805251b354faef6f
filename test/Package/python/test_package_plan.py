# Plans on the CPU against the NumPy reference.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import itertools
import os
import subprocess
import sys
import threading
import unittest

import numpy as np
from package_support import Case, adamas, needs_library, random, reference


@needs_library
class TestPlan(unittest.TestCase):
    def compare(self, case, **options):
        step, expected = case.plan.decode(case.cache, case.query, case.thresholds), case.expected(**options)
        np.testing.assert_array_equal(step.indices, expected["indices"])
        np.testing.assert_array_equal(step.lengths, expected["lengths"])
        attention = reference.Attention(*(expected[name] for name in reference.Attention._fields))
        self.assertEqual(reference.check_attention(step.output, attention, case.dtype, step.lse), [])
        return step

    def test_grid(self):
        for metric, dtype, policy in itertools.product(
            ("l1", "weighted", "two_pass"), ("f16", "bf16", "f32"), ("per_query_head", "per_kv_head")
        ):
            with self.subTest(metric=metric, dtype=dtype, policy=policy):
                self.compare(Case(dtype=dtype, metric=metric, policy=policy))

    def test_shapes(self):
        for kv_heads, group, head_dim, bits in ((1, 1, 32, 1), (3, 1, 128, 3), (2, 4, 256, 2), (1, 8, 64, 4)):
            with self.subTest(kv_heads=kv_heads, group=group, head_dim=head_dim, bits=bits):
                self.compare(Case(kv_heads=kv_heads, group=group, head_dim=head_dim, bits=bits))

    def test_nq_1_several_query_tokens(self):
        self.compare(Case(query_tokens=3))

    def test_sel_1_sinks_and_recent_tokens(self):
        self.compare(Case(sink=4, recent=8), sink=4, recent=8)

    def test_sel_3_short_and_empty_sequences(self):
        step = self.compare(Case(lengths=(7, 0, 33)))
        self.assertEqual(step.lengths[:, 0].tolist(), [7, 0, 32])
        self.assertTrue((step.output[1] == 0).all())

    def test_buk_2_shared_thresholds_without_offset(self):
        self.compare(Case(thresholds="shared", offset=False))

    def test_capacity_that_is_no_whole_tile(self):
        self.compare(Case(lengths=(37, 36), capacity=37))

    def test_select_and_dense(self):
        case = Case()
        step, chosen = case.plan.decode(case.cache, case.query), case.plan.select(case.cache, case.query)
        np.testing.assert_array_equal(chosen.indices, step.indices)
        np.testing.assert_array_equal(chosen.lengths, step.lengths)
        dense = case.plan.dense(case.cache, case.query)
        expected = reference.dense_attention(case.query[:, None], case.key, case.value, np.array(case.lengths)[:, None])
        expected = reference.Attention(*(part[:, 0] for part in expected))
        self.assertEqual(reference.check_attention(dense.output, expected, case.dtype, dense.lse), [])
        self.assertIsNone(dense.indices)

    def test_kv_3_append_one_by_one(self):
        case = Case(lengths=(20, 20))
        codes = case.cache.codes.copy()
        case.cache.key[:] = case.cache.value[:] = 0
        case.cache.codes[:] = 0
        for token in range(20):
            slots = np.array([token, case.capacity + token], np.int32)
            # Strided rows, as a model gives them.
            case.plan.append(case.cache, case.key[:, :, token], case.value[:, :, token], slots, case.thresholds)
        np.testing.assert_array_equal(case.cache.key[:, :, :20], case.key)
        for token in range(20):
            got, want = (array[:, :, :, token // 16, :, token % 16] for array in (case.cache.codes, codes))
            np.testing.assert_array_equal(got, want)

    def test_kv_3_codes_are_the_reference_s(self):
        case = Case()
        expected = case.expected()["key_codes"]
        for token in (0, 15, 16, 40, 299):
            np.testing.assert_array_equal(
                case.cache.codes[0, :, :, token // 16, :, token % 16], expected[0, :, token].reshape(2, 2, 2)
            )

    def test_kv_3_append_of_the_cache_s_own_rows(self):
        case = Case(lengths=(64,))
        codes, case.cache.codes[:] = case.cache.codes.copy(), 0
        key = case.cache.key[0, :, :64].transpose(1, 0, 2)
        case.plan.append(case.cache, key, case.cache.value[0, :, :64].transpose(1, 0, 2), np.arange(64, dtype=np.int32),
                         case.thresholds)
        np.testing.assert_array_equal(case.cache.codes, codes)

    def test_kv_1_strided_cache(self):
        # Tokens before heads, and a batch of a larger cache.
        case = Case()
        key, value = (np.ascontiguousarray(a.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3) for a in (case.cache.key, case.cache.value))
        wide = np.zeros((2, 2, 3, 2, 20, 2, 16), np.uint32)  # codes with gaps between sequences
        codes = wide[:, :, 1]
        codes[:] = case.cache.codes
        cache = adamas.Cache(case.plan, key, value, codes, case.cache.seq_lens)
        np.testing.assert_array_equal(
            case.plan.decode(cache, case.query).output, case.plan.decode(case.cache, case.query).output
        )

    def test_att_5_runs_agree_for_any_number_of_threads(self):
        first, second = Case(threads=1), Case(threads=3)
        self.assertEqual(second.plan.context.info()["multiprocessors"], 3)
        a, b = (case.plan.decode(case.cache, case.query).output for case in (first, second))
        np.testing.assert_array_equal(a, b)

    def test_threads_may_call_one_plan(self):
        case = Case(budget=8)
        want, errors = case.plan.decode(case.cache, case.query).output, []

        def work():
            for _ in range(50):
                if not np.array_equal(case.plan.decode(case.cache, case.query).output, want):
                    errors.append("an output differs")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])

    def test_output_of_the_caller(self):
        case = Case()
        memory = np.full((2, 6, 2, 64), 9, np.float32)
        step = case.plan.decode(case.cache, case.query, output=memory[:, :, 1])
        np.testing.assert_array_equal(memory[:, :, 1], case.plan.decode(case.cache, case.query).output)
        self.assertTrue((memory[:, :, 0] == 9).all())
        self.assertIs(step.output.base, memory)

    def test_step_is_append_and_decode(self):
        for metric in ("weighted", "l1"):
            apart, together = Case(metric=metric), Case(metric=metric, operations=("step",))
            rows, lengths = [random(seed, (2, 2, 64)) for seed in (5, 6)], together.cache.seq_lens
            slots = np.array([lengths[0] - 1, 320 + lengths[1] - 1], np.int32)
            apart.plan.append(apart.cache, *rows, slots, apart.thresholds)
            expected = apart.plan.decode(apart.cache, apart.query, apart.thresholds)
            step = together.plan.step(together.cache, *rows, slots, together.thresholds, together.query)
            np.testing.assert_array_equal(together.cache.key, apart.cache.key)
            np.testing.assert_array_equal(together.cache.codes, apart.cache.codes)
            np.testing.assert_array_equal(step.indices, expected.indices)
            np.testing.assert_array_equal(step.output, expected.output)

    def test_validate(self):
        case = Case()
        case.plan.validate(case.cache)
        case.cache.seq_lens[1] = 321
        with self.assertRaisesRegex(adamas.ValidationError, "seq_lens: sequence 1: expected 0 to 320 tokens, but got 321"):
            case.plan.validate(case.cache)
        with self.assertRaisesRegex(adamas.ValidationError, "expects argument 4 to hold values from 0 to 320, but got 321"):
            case.plan.decode(case.cache, case.query)

    def test_read_errors_adds_nothing_on_a_cpu(self):
        case = Case(validate=True)
        self.assertEqual(case.plan.crossover, 0)
        case.plan.read_errors()
        with self.assertRaisesRegex(ValueError, "plan: expected one that validates and reads caches"):
            Case().plan.read_errors()

    def test_objects_that_die_together(self):
        code = (
            "import gc, sys; sys.path.insert(0, sys.argv[1]); from package_support import Case, adamas\n"
            "case = Case(lengths=(200,), device=adamas.Context('cpu', 2)); case.itself = case; del case; gc.collect()\n"
            "case = Case(lengths=(200,), device=adamas.Context('cpu', 1)); case.itself = case\n"
            "print('so far')"
        )
        done = subprocess.run([sys.executable, "-c", code, os.path.dirname(__file__)], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, "so far\n"), done.stderr)


@needs_library
class TestErrors(unittest.TestCase):
    def plan(self, **options):
        return adamas.Plan(**{"query_heads": 4, "kv_heads": 2, "head_dim": 32, "dtype": "f32", "operations": ("append",), **options})

    def test_descriptors(self):
        for options, kind, text in (
            ({"head_dim": 96}, ValueError, "head_dim: expected a power of two from 32 to 1024, but got 96"),
            ({"query_heads": 3}, ValueError, "query_heads: expected a multiple of kv_heads"),
            ({"dtype": "f64"}, ValueError, "dtype: expected one of bf16, f16, f32, but got 'f64'"),
            ({"metric": "cosine"}, ValueError, "metric: expected one of l1, two_pass, weighted, but got 'cosine'"),
            ({"operations": ("encode",)}, ValueError, "operations: expected one of append, decode, dense, select, step, but got 'encode'"),
            ({"budget": 2**40}, ValueError, "budget: expected a number of 32 bits"),
            ({"budget": "many"}, ValueError, "budget: expected a number, but got 'many'"),
            ({"budget": 2, "sink": 2}, ValueError, r"budget: expected at least sink \+ recent"),
            ({"page_size": 16}, NotImplementedError, "page_size: expected 0 on the CPU, whose kernels read no page tables"),
            ({"dense_below_crossover": True}, NotImplementedError,
             "dense_below_crossover: expected 0 on the CPU, whose crossover length is not known, but got 1: set it to 0"),
            ({"device": "tpu"}, ValueError, "device: expected cpu, cuda or cuda:N, but got 'tpu'"),
        ):
            with self.subTest(**options), self.assertRaisesRegex(kind, text) as raised:
                self.plan(**options)
            self.assertIsInstance(raised.exception, adamas.AdamasError)
        with self.assertRaises(adamas.InvalidArgument) as raised:
            self.plan(head_dim=96)
        self.assertEqual((raised.exception.status, raised.exception.name), (1, "ADAMAS_ERROR_INVALID_ARGUMENT"))

    def test_an_operation_that_the_plan_lacks(self):
        plan = self.plan()
        with self.assertRaisesRegex(ValueError, "expected one with the operation decode, but it has none: add it to operations"):
            plan.decode(plan.new_cache(1, 16), random(0, (1, 4, 32)))

    def test_arrays(self):
        case = Case(metric="l1")
        plan, cache, query = case.plan, case.cache, case.query
        rows, slots = random(0, (2, 2, 64)), np.array([0, 1], np.int32)
        for call, text in (
            (lambda: plan.decode(cache, query), "thresholds: expected those of the queries"),
            (lambda: plan.decode(cache, query[:1], case.thresholds), r"query: expected shape \[2, 6, 64\], but got \[1, 6, 64\]"),
            (lambda: plan.decode(cache, query.astype(np.float16), case.thresholds), "query: expected f32, but got f16: convert it"),
            (lambda: plan.decode(cache, query[..., ::-1], case.thresholds), "query: expected its last axis to be contiguous"),
            (lambda: plan.decode(cache, [1.0], case.thresholds), "query: expected an array of NumPy or PyTorch"),
            (lambda: plan.append(cache, rows, rows, slots.astype(np.int64), case.thresholds), "slots: expected i32, but got i64"),
            (lambda: plan.append(cache, rows, rows, np.array([0, 640], np.int32), case.thresholds),
             "slots: token 1: expected -1 to 639, but got 640"),
            (lambda: plan.append(cache, rows, rows, slots, (case.thresholds.keys, None)), "offset: expected one"),
            (lambda: plan.append(cache, rows, rows, slots, 3), "thresholds: expected adamas.Thresholds or a pair"),
            (lambda: plan.select(cache, query, np.zeros((2, 4), np.float32)), r"thresholds: expected shape \[2, 3\]"),
            (lambda: plan.decode(cache, query, case.thresholds, stream=7), "stream: expected None on the CPU"),
            (lambda: adamas.Cache(plan, cache.key, cache.value[:, :, 1:], cache.codes, cache.seq_lens), "value: expected shape"),
            (lambda: adamas.Cache(plan, cache.key, cache.value, cache.codes[:, :, :, 1:], cache.seq_lens),
             r"codes: expected shape \[2, 2, 2, 20, 2, 16\], but got \[2, 2, 2, 19, 2, 16\]"),
            (lambda: adamas.Cache(plan, cache.key, cache.value, cache.codes, cache.seq_lens, cache.seq_lens),
             "page_table: expected None, since the plan's page_size is 0, but got one"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ValueError, text):
                call()


if __name__ == "__main__":
    unittest.main()
