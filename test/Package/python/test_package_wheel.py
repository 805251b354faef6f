# What `pip install .` puts beside each other: the package with both libraries in it, found without any environment variable.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A wheel takes ten minutes to build; this takes the install rules that pyproject.toml names, on the build under test."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

from package_support import ROOT, adamas, needs_library

BUILD = os.environ.get("ADAMAS_BUILD_DIR", os.path.join(ROOT, "build"))


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


class TestVersions(unittest.TestCase):
    def test_one_version(self):
        places = {
            "pyproject.toml": re.search(r'^version = "(.*)"', read("pyproject.toml"), re.MULTILINE).group(1),
            "CMakeLists.txt": re.search(r"^project\(adamas VERSION (\S+)", read("CMakeLists.txt"), re.MULTILINE).group(1),
            "adamas": adamas.__version__,
        }
        self.assertEqual(len(set(places.values())), 1, places)


@needs_library
@unittest.skipUnless(shutil.which("cmake") and os.path.exists(os.path.join(BUILD, "cmake_install.cmake")), "no build tree to install")
class TestInstalled(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.site = folder.name
        component = re.search(r'^install.components = \["(.*)"\]', read("pyproject.toml"), re.MULTILINE).group(1)
        package = re.search(r'^wheel.packages = \["(.*)"\]', read("pyproject.toml"), re.MULTILINE).group(1)
        subprocess.run(["cmake", "--install", BUILD, "--component", component, "--prefix", cls.site], check=True, capture_output=True)
        shutil.copytree(os.path.join(ROOT, package), os.path.join(cls.site, "adamas"), dirs_exist_ok=True)

    def python(self, *arguments, expect=0, **variables):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ADAMAS_")}
        environment = {**kept, "PYTHONPATH": self.site, "ADAMAS_CACHE_DIR": os.path.join(self.site, "cache"), **variables}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.site, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout if expect == 0 else done.stderr

    def test_collect_env(self):
        shown = dict(line.split(None, 1) for line in self.python("-m", "adamas", "collect-env").splitlines())
        lib = os.path.join(self.site, "adamas", "lib")
        self.assertEqual(shown["adamas"], adamas.__version__)
        self.assertEqual(shown["runtime"], f"{adamas.version()}, ABI 1 ({lib}/libadamas_runtime.so.0)")
        self.assertRegex(shown["compiler"], rf"^adamas {re.escape(adamas.__version__)}, llvm 22\.\S* \({lib}/libadamas_compiler\.so\)$")
        self.assertRegex(shown["cpu"], r", \d+ threads$")
        self.assertEqual(shown["cache"], f"{self.site}/cache: 0 bundles")
        calls = os.path.join(lib, "adamas_calls.abi3.so")
        self.assertEqual(os.path.exists(calls), os.path.exists(os.path.join(BUILD, "lib", "adamas_calls.abi3.so")))
        self.assertIn(shown["calls"], (calls, "(PyTorch is not installed)"))

    def test_calls_of_any_interpreter(self):
        if not os.path.exists(os.path.join(self.site, "adamas", "lib", "adamas_calls.abi3.so")):
            self.skipTest("adamas_calls was not built: there were no headers of Python")
        code = """
            import importlib.machinery, importlib.util
            loader = importlib.machinery.ExtensionFileLoader("adamas_calls", "adamas/lib/adamas_calls.abi3.so")
            module = importlib.util.module_from_spec(importlib.util.spec_from_loader("adamas_calls", loader))
            try:
                module.Table(None, int, print, 8)
            except ValueError as refused:
                print(refused)
        """
        self.assertIn("PyCapsule_GetPointer called with", self.python("-c", textwrap.dedent(code)))

    def test_other_commands(self):
        text = self.python("-m", "adamas", "show-config", ADAMAS_LOG="error")
        self.assertRegex(text, r"(?m)^ADAMAS_LOG +error$")
        self.assertIn(adamas.environment_help(), text)
        shape = ("--query-heads=4", "--kv-heads=2", "--head-dim=32", "--dtype=f32", "--budget=8")
        text = self.python("-m", "adamas", "warmup", *shape, "--device=cpu")
        self.assertRegex(text, r"^decode,append for x86: ready after \d+\.\d\d s\ncode for a CPU lives in the process: nothing was kept\n$")
        text = self.python("-m", "adamas", "warmup", *shape, ADAMAS_LIBCUDA="/nonexistent/libcuda.so.1", expect=1)
        self.assertIn("error: /nonexistent/libcuda.so.1: expected the CUDA driver library", text)

    def test_cached_bundles(self):
        cache = os.path.join(self.site, "bundles")
        os.mkdir(cache)
        self.addCleanup(shutil.rmtree, cache)
        manifest = b'{"chip": "sm_90a", "functions": [{"name": "decode", "kernels": [1, 2]}]}'
        for name, content in (("a", b"ADAMASK1" + len(manifest).to_bytes(8, "little") + bytes(24) + manifest), ("b", b"damaged")):
            with open(os.path.join(cache, name + ".adamas"), "wb") as file:
                file.write(content)
        text = self.python("-m", "adamas", "list-kernels", ADAMAS_CACHE_DIR=cache)
        self.assertIn("a.adamas  112 bytes, sm_90a: decode (2 kernels)\n  b.adamas  7 bytes, damaged: it will be made again\n", text)
        text = self.python("-m", "adamas", "clear-cache", "--dry-run", ADAMAS_CACHE_DIR=cache)
        self.assertEqual(text, f"{cache}: 2 bundles, 119 bytes would be removed\n")
        self.python("-m", "adamas", "clear-cache", ADAMAS_CACHE_DIR=cache)
        self.assertEqual(os.listdir(cache), [])

    def test_example_of_the_package_s_help(self):
        example = textwrap.dedent(re.search(r"\n\n((?:    .*\n)+)", adamas.__doc__).group(1))
        given = (
            "import numpy as np\nN = 300\nkeys = np.random.default_rng(0).normal(size=(1, 3, N, 64)).astype(np.float32)\n"
            "new_key = new_value = keys[0].transpose(1, 0, 2)\nslots = np.arange(N, dtype=np.int32)\n"
            "query = np.random.default_rng(1).normal(size=(1, 9, 64)).astype(np.float32)\n"
        )
        self.assertEqual(self.python("-c", given + example + "print(output.output.shape)"), "(1, 9, 64)\n")


if __name__ == "__main__":
    unittest.main()
