# Arrays of other libraries, calibration and its files, and the command line.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np
from package_support import DTYPES, ROOT, Case, adamas, needs_library, random, reference

from adamas import __main__ as cli
from adamas import arrays


class OnlyDLPack:
    """An array of a library that nobody knows."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__()

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class TestArrays(unittest.TestCase):
    def test_numpy(self):
        for dtype in DTYPES:
            array = random(0, (4, 6, 8), dtype)[1:, ::2]
            found = arrays.view("x", array)
            self.assertEqual(found[:5], (array.ctypes.data, (3, 3, 8), (48, 16, 1), dtype, -1))

    def test_dlpack(self):
        array = random(0, (4, 6, 8))[1:, ::2]
        self.assertEqual(arrays.view("x", OnlyDLPack(array))[:5], arrays.view("x", array)[:5])

    def test_cuda_array_interface(self):
        class OnGpu:
            device = 1
            __cuda_array_interface__ = {"shape": (2, 3), "typestr": "<f2", "data": (4096, False), "version": 3}

        self.assertEqual(arrays.view("x", OnGpu())[:5], (4096, (2, 3), (3, 1), "f16", 1))
        with self.assertRaisesRegex(ValueError, "x: expected it on the CPU, but got it on cuda:1: move it"):
            arrays.check("x", OnGpu(), ("f16",), (2, 3), -1)

    def test_no_torch_at_import(self):
        code = "import sys, adamas; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
        path = os.path.join(ROOT, "runtime", "python")
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})

    @needs_library
    def test_a_plan_takes_dlpack(self):
        case = Case()
        cache = adamas.Cache(case.plan, *map(OnlyDLPack, (case.cache.key, case.cache.value, case.cache.codes, case.cache.seq_lens)))
        output = np.empty_like(case.query)
        case.plan.decode(cache, OnlyDLPackShape(case.query), output=output)
        np.testing.assert_array_equal(output, case.plan.decode(case.cache, case.query).output)


class OnlyDLPackShape(OnlyDLPack):
    @property
    def shape(self):
        return self.array.shape


class TestCalibration(unittest.TestCase):
    def test_buk_6_as_the_reference(self):
        key, query = random(0, (2, 2, 100, 64)), random(1, (2, 50, 4, 64))
        # The reference takes the first half of the tokens, this all of them.
        twice = np.concatenate([key, key], 2)
        for method, bits in (("uniform", 1), ("uniform", 2), ("uniform", 4), ("quantile", 2), ("quantile", 3), ("paper", 2)):
            with self.subTest(method=method, bits=bits):
                got, want = adamas.calibrate(key, bits, method, query), reference.calibrate(twice, method, bits, query)
                np.testing.assert_allclose(got.keys, want["thresholds"], rtol=1e-6)
                np.testing.assert_allclose(got.queries, want["query_thresholds"], rtol=1e-6)
                np.testing.assert_allclose(got.offset, want["offset"], rtol=1e-6, atol=1e-9)

    def test_errors(self):
        key = random(0, (1, 2, 10, 32))
        key[0, 1] = 0
        for call, text in (
            (lambda: adamas.calibrate(key), "key: KV head 1: expected keys that differ from their offset"),
            (lambda: adamas.calibrate(key[0]), r"key: expected shape \[B, Hkv, N, D\]"),
            (lambda: adamas.calibrate(key, 5), "bits: expected 1 to 4, but got 5"),
            (lambda: adamas.calibrate(key, 3, "paper"), "bits: expected 2 for the paper's thresholds, but got 3"),
            (lambda: adamas.calibrate(key, 2, "best"), "method: expected one of uniform, quantile, paper"),
            (lambda: adamas.calibrate(key[:, :1], 2, "quantile", random(0, (3, 2, 64))), "query: expected"),
            (lambda: adamas.calibrate(key.astype(np.float64)), "key: expected an array of float16, bfloat16 or float32"),
        ):
            with self.subTest(text), self.assertRaisesRegex(adamas.InvalidArgument, text):
                call()

    def test_files(self):
        layers = {3: adamas.calibrate(random(0, (1, 2, 50, 32))), 11: adamas.calibrate(random(1, (1, 2, 50, 32)))}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "sets.safetensors")
            adamas.save_thresholds(path, layers)
            loaded = adamas.load_thresholds(path)
            self.assertEqual(sorted(loaded), [3, 11])
            np.testing.assert_array_equal(loaded[11].offset, layers[11].offset)
            self.assertEqual((loaded[3].bits, loaded[3].method), (2, "uniform"))
            with self.assertRaisesRegex(adamas.InvalidArgument, "expected one number of bits and one method"):
                adamas.save_thresholds(path, {0: layers[3], 1: adamas.calibrate(random(0, (1, 2, 50, 32)), 3)})
            reference.safetensors.save(path, {"weight": np.zeros(3, np.float32)})
            with self.assertRaisesRegex(adamas.InvalidArgument, "expected metadata with the format adamas-thresholds-1, but got None"):
                adamas.load_thresholds(path)
            with open(path, "wb") as file:
                file.write(b"no safetensors file at all")
            with self.assertRaisesRegex(adamas.InvalidArgument, "expected a safetensors file of thresholds"):
                adamas.load_thresholds(path)
            with self.assertRaises(OSError):
                adamas.load_thresholds(os.path.join(folder, "none"))


class TestLibrary(unittest.TestCase):
    def test_missing(self):
        code = "import adamas; adamas.version()"
        environment = {**os.environ, "PYTHONPATH": os.path.join(ROOT, "runtime", "python"), "ADAMAS_RUNTIME": "/nonexistent.so"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
        self.assertIn("/nonexistent.so: expected libadamas_runtime, but it cannot be opened", done.stderr)

    def test_the_wheel_s_version(self):
        with open(os.path.join(ROOT, "pyproject.toml"), encoding="utf-8") as file:
            self.assertIn(f'version = "{adamas.__version__}"', file.read())

    @needs_library
    def test_versions(self):
        self.assertEqual(adamas.version(), adamas.__version__)
        self.assertEqual(adamas.abi_version(), 1)
        self.assertIn("ADAMAS_CACHE_DIR", adamas.environment_help())


class TestCommands(unittest.TestCase):
    def run_command(self, *arguments):
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            self.assertEqual(cli.main(arguments), 0)
        return text.getvalue()

    def test_cache(self):
        manifest = b'{"chip":"sm_90a","functions":[{"name":"decode","kernels":[{},{}]}]}'
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"ADAMAS_CACHE_DIR": folder}):
            with open(os.path.join(folder, "a.adamas"), "wb") as file:
                file.write(b"ADAMASK1" + len(manifest).to_bytes(8, "little") + bytes(24) + manifest)
            with open(os.path.join(folder, "b.adamas"), "wb") as file:
                file.write(b"no bundle")
            text = self.run_command("list-kernels")
            self.assertIn("2 bundles", text)
            self.assertIn("sm_90a: decode (2 kernels)", text)
            self.assertIn("b.adamas  9 bytes, damaged", text)
            self.assertIn("2 bundles, 116 bytes would be removed", self.run_command("clear-cache", "--dry-run"))
            self.assertIn("2 bundles, 116 bytes removed", self.run_command("clear-cache"))
            self.assertEqual(os.listdir(folder), [])

    def test_collect_env_says_what_is_missing(self):
        with mock.patch.object(cli.library, "version", side_effect=adamas.AdamasError("no library")):
            self.assertIn("(no library)", self.run_command("collect-env"))

    @needs_library
    def test_with_the_library(self):
        text = self.run_command("collect-env")
        self.assertRegex(text, r"runtime +0\.1\.0, ABI 1")
        self.assertRegex(text, r"cpu +\S.*, \d+ threads")
        self.assertRegex(text, r"compiler +adamas 0\.1\.0, llvm 22")
        for name in cli.VARIABLES:
            self.assertIn(name, self.run_command("show-config"))
        text = self.run_command("warmup", "--device=cpu", "--query-heads=2", "--kv-heads=1", "--head-dim=32")
        self.assertRegex(text, r"decode,append for x86: ready after \d+\.\d\d s")
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            self.assertEqual(cli.main(["warmup", "--device=cpu", "--query-heads=2", "--kv-heads=1", "--head-dim=3"]), 1)
        self.assertIn("error: head_dim: expected a power of two", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
