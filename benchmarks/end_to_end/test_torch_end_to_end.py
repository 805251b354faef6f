# Tests of the end-to-end benchmark: its decoder, its methods, the order of its cases, and what a case that fails leaves.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import importlib.util
import io
import json
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "harness"), str(ROOT / "runtime" / "python"), str(ROOT / "test" / "Package" / "python")]

from package_support import needs_library  # noqa: E402  (the path is set above)

try:
    import torch
except ImportError:
    torch = None
if torch:
    import attention
    import bad_workers
    import end_to_end
    import jobs
    import report
    import worker
    from decoder import Cache, Decoder
    from jobs import Job
    from shapes import SHAPES


needs_torch = unittest.skipIf(torch is None, "there is no PyTorch")


@needs_torch
class DecoderTest(unittest.TestCase):
    def test_sizes_are_the_models(self):
        for name, billions in (("llama-2-7b", 6.738), ("llama-3-8b", 8.030), ("smollm2-135m", 0.1345)):
            self.assertAlmostEqual(SHAPES[name].parameters / 1e9, billions, places=3)
        shape = SHAPES["tiny"]
        model = Decoder(shape, torch.device("cpu"), torch.float32)
        held = sum(t.numel() for layer in model.layers for t in layer.values())
        self.assertEqual(held + sum(t.numel() for t in (model.norm, model.embedding, model.head)), shape.parameters)

    @torch.inference_mode() if torch else lambda test: test
    def test_a_step_continues_a_prefill(self):
        shape, device = SHAPES["tiny"], torch.device("cpu")
        model, ids = Decoder(shape, device, torch.float32), torch.arange(40) % 7
        cache = Cache(shape, 1, 40, device, torch.float32)

        def fill(layer, key, value):
            cache.kv[layer, 0, 0, :, :39] = key.transpose(0, 1)[:, :39]
            cache.kv[layer, 1, 0, :, :39] = value.transpose(0, 1)[:, :39]

        want = model.prefill(ids, fill)
        query = torch.randn(1, shape.query_heads, shape.head_dim)
        dense = attention.Dense(shape, cache, query, repeats=1)
        self.assertIn(dense.variant, {"flash", "math", "flash, grouped rows", "math, grouped rows"})
        torch.testing.assert_close(model.step(ids[-1:], cache.position, dense.attend), want, rtol=1e-4, atol=1e-4)
        other = model.step(ids[-1:], cache.position, attention.NoAttention(cache).attend)
        self.assertGreater(float((other - want).norm() / want.norm()), 0.1)

    @needs_library
    @torch.inference_mode() if torch else lambda test: test
    def test_sparse_methods(self):
        shape, device = SHAPES["tiny"], torch.device("cpu")
        model, ids = Decoder(shape, device, torch.float32), torch.tensor([3, 4])
        cache = Cache(shape, 2, 300, device, torch.float32)
        dense = attention.Dense(shape, cache, torch.randn(2, shape.query_heads, shape.head_dim), repeats=1)
        want = model.step(ids, cache.position, dense.attend)
        for name in attention.SPARSE:
            sets = attention.Sparse.calibrated(name, cache, shape.query_heads)
            for budget, same in ((300, True), (32, False)):
                with self.subTest(method=name, budget=budget):
                    sparse = attention.Sparse(name, cache, dense, budget, 2, sets)
                    got = model.step(ids, cache.position, sparse.attend)
                    error = float((got - want).norm() / want.norm())
                    self.assertLess(error, 1e-4) if same else self.assertGreater(error, 1e-3)
            self.assertEqual(sum(c.numel() for c in sparse.codes) * 4 // (304 * 2), attention.Sparse.bytes(name, shape, 1, 1, 2))


@needs_torch
class JobsTest(unittest.TestCase):
    def test_what_has_a_bar_comes_first(self):
        planned = jobs.plan()
        decode = [job for job in planned if job.kind == jobs.DECODE]
        cases = list(dict.fromkeys((job.model, job.batch, job.tokens) for job in decode))
        self.assertEqual(cases[:3], [("llama-2-7b", 1, 32768), ("llama-2-7b", 1, 65536), ("llama-3-8b", 1, 131072)])
        self.assertEqual(planned[0].kind, jobs.CHECK)
        self.assertEqual(decode[0].method, jobs.SDPA)
        self.assertEqual(len(planned), len(set(planned)))
        for job in planned:
            self.assertLessEqual(job.tokens, jobs.MAX_TOKENS[job.model])
            self.assertFalse(job.model == "llama-2-7b" and "KV" in job.method)
        for model in jobs.MODELS:
            kinds = {job.kind for job in planned if job.model == model}
            self.assertEqual(kinds, {jobs.CHECK, jobs.DECODE, jobs.HOST, jobs.PREFILL})

    def test_kinds(self):
        planned = jobs.plan(["tiny"], [1], [512], ["SDPA", "L1"], [256], ["host"])
        self.assertEqual([(job.kind, job.method) for job in planned], [("host", "SDPA"), ("host", "L1")])

    def test_only_what_lacks_a_record_is_left(self):
        planned = jobs.plan(["tiny"], [1], [512], ["SDPA", "L1"], [256])
        rows = [{**planned[1].fields(), "token_ms": 1.0}, {**planned[2].fields(), "error": "lost"}]
        self.assertEqual(jobs.without(planned, rows), [job for job in planned if job != planned[1]])


@needs_torch
class WorkerTest(unittest.TestCase):
    def test_a_job_that_fails_costs_itself_alone(self):
        todo = [Job(jobs.DECODE, "tiny", batch, 64, "SDPA") for batch in (1, 2, 3, 4, 5)]
        got = list(worker.run(None, todo, 100, 3, bad_workers.fails))
        self.assertEqual([job for job, _ in got], todo)
        errors = [fields.get("error") for _, fields in got]
        self.assertEqual(errors[:1] + errors[3:], [None, "illegal address", None])
        self.assertIn("ended with status 7", errors[1])
        self.assertIn("gave none for 3 s", errors[2])

    def test_no_time_and_no_start(self):
        todo = [Job(jobs.DECODE, "tiny", 1, 64, "SDPA")]
        self.assertEqual(list(worker.run(None, todo, 0, 3, bad_workers.fails)), [])
        with self.assertRaisesRegex(RuntimeError, "ended with status 1 before a job began"):
            list(worker.run(None, todo, 100, 20, bad_workers.never_begins))


@needs_torch
class CommandTest(unittest.TestCase):
    TINY = ["--device=cpu", "--models=tiny", "--batches=1", "--tokens=256", "--prefill-tokens=64", "--repeats=2", "--budget=32"]

    @needs_library
    def test_records_table_and_resume(self):
        with tempfile.TemporaryDirectory() as folder:
            path, out = pathlib.Path(folder) / "r.json", io.StringIO()
            command = [*self.TINY, "--methods=SDPA;weighted", f"--json={path}"]
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                self.assertEqual(end_to_end.main(command), 0)
                rows = json.loads(path.read_text())
                self.assertEqual(end_to_end.main([*command, "--resume"]), 0)
            self.assertEqual(json.loads(path.read_text()), rows)
            self.assertEqual([row["kind"] for row in rows], ["check", "host", "host", "decode", "decode", "prefill"])
            by_kind = {(row["kind"], row["method"]): row for row in rows}
            for name in ("logits_error_two-pass", "output_error_L1"):
                self.assertLess(by_kind["check", "all"][name], 1e-4)
            for field in ("token_ms", "attention_ms", "tokens_per_second", "device", "commit", "torch"):
                self.assertTrue(by_kind["decode", "weighted"][field], field)
            for method in ("SDPA", "weighted"):
                host = by_kind["host", method]
                self.assertGreater(host["host_us"], 0)
                self.assertEqual("host_attention_us" in host, importlib.util.find_spec("transformers") is not None)
            self.assertGreater(host["host_step_us"], 0)
            self.assertIn(host["calls"], ("native", "python"))
            self.assertIn("Transformers' attention", out.getvalue())
            self.assertGreater(by_kind["prefill", "weighted"]["prefill_with_encode_ms"], 0)
            self.assertIn("tiny, batch 1, 256", out.getvalue())

    def test_bad_arguments(self):
        for arguments, text in (
            (["--models=gpt"], "expected some of llama-2-7b; .*but got 'gpt'"),
            (["--methods=SDPA;fast"], "but got 'fast'"),
            (["--kinds=hosts"], "expected some of check; decode; host; prefill, but got 'hosts'"),
            (["--tokens=4k"], "expected numbers separated by commas, but got '4k'"),
            (["--budget=1"], "--budget: expected at least 5, but got 1"),
            (["--resume"], "--resume: expected --json beside it"),
        ):
            stream = io.StringIO()
            with self.subTest(text), contextlib.redirect_stderr(stream), self.assertRaises(SystemExit):
                end_to_end.parse_arguments(arguments)
            self.assertRegex(stream.getvalue(), text)
        stream = io.StringIO()
        with contextlib.redirect_stderr(stream):
            self.assertEqual(end_to_end.main(["--library-dir=/nowhere", "--device=cpu"]), 1)
        self.assertIn("error: --library-dir: expected /nowhere/libadamas_runtime.so.0", stream.getvalue())

    def test_the_table_compares_with_sdpa(self):
        base = {"kind": "decode", "model": "tiny", "batch": 1, "tokens": 64}
        rows = [{**base, "method": "SDPA", "token_ms": 9.0}, {**base, "method": "L1", "token_ms": 4.5},
                {**base, "method": "weighted", "error": "lost"}]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            report.print_tables(rows)
        self.assertRegex(out.getvalue(), r"tiny, batch 1, 64 +9\.00  4\.50 \(2\.00x\)")
        self.assertIn("decode tiny, batch 1, 64: lost (weighted)", out.getvalue())


if __name__ == "__main__":
    unittest.main()
