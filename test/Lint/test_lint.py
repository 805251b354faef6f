# Tests of tools/scripts/lint.py: each rule accepts a good tree and rejects a bad one, made in a temporary folder.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Bad text is assembled from pieces where the lint, which reads this file too, would take it for a fault of ours."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "tools", "scripts", "lint.py")
spec = importlib.util.spec_from_file_location("lint", SCRIPT)
lint = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lint)


def write(root, files):
    for path, text in files.items():
        target = os.path.join(root, path)
        os.makedirs(os.path.dirname(target) or root, exist_ok=True)
        with open(target, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())


class RuleTest(unittest.TestCase):
    def findings(self, rule, files):
        with tempfile.TemporaryDirectory() as root:
            write(root, files)
            return lint.run(root, [rule])

    def accepts(self, rule, files):
        self.assertEqual(self.findings(rule, files), [])

    def rejects(self, rule, files, path, line, text):
        found = self.findings(rule, files)
        self.assertTrue(
            any((f.path, f.line) == (path, line) and text in f.message for f in found),
            f"expected {path}:{line} with '{text}', but got {found}",
        )
        self.assertEqual(len(found), 1, found)


class IncludeTest(RuleTest):
    def test_accepts_the_arrows(self):
        self.accepts(
            "include",
            {
                "dialect/adamas/IR/A.cpp": '#include "adamas/IR/AdamasOps.h"\n#include "mlir/IR/Builders.h"\n',
                "passes/adamas/Transforms/B.cpp": '#include "adamas/IR/AdamasOps.h"\n#include "adamas/runtime.h"\n',
                "tools/adamas-opt/adamas-opt.cpp": '#include "adamas/Register.h"\n#include "adamas/IR/AdamasOps.h"\n',
                "runtime/lib/Plan.cpp": '#include "adamas/runtime.h"\n#include <vector>\n',
                "test/Unit/T.cpp": '#include "adamas/Register.h"\n#include "llvm/ADT/STLExtras.h"\n',
            },
        )

    def test_rejects_passes_in_dialect(self):
        for header in ("Transforms/Passes.h", "Conversion/Passes.h.inc", "Execution/Jit.h", "Register.h"):
            files = {"dialect/adamas/IR/A.cpp": f'\n#include "adamas/{header}"\n'}
            self.rejects("include", files, "dialect/adamas/IR/A.cpp", 2, "is of passes")

    def test_rejects_tools_in_passes_by_include_root_and_by_relative_path(self):
        support = {"tools/support/Table.h": "\n"}
        for header in ("support/Table.h", "../../../tools/support/Table.h"):
            files = {"passes/adamas/Transforms/A.cpp": f'#include "{header}"\n', **support}
            self.rejects("include", files, "passes/adamas/Transforms/A.cpp", 1, "is of tools")

    def test_rejects_a_table_of_the_passes_in_dialect(self):
        files = {"dialect/adamas/IR/A.td": 'include "adamas/Transforms/Passes.td"\n'}
        self.rejects("include", files, "dialect/adamas/IR/A.td", 1, "is of passes")

    def test_rejects_compiler_headers_in_runtime(self):
        for header in ("mlir/IR/Value.h", "llvm/ADT/StringRef.h", "mlir-c/IR.h"):
            files = {"runtime/lib/Plan.cpp": f"#include <{header}>\n"}
            self.rejects("include", files, "runtime/lib/Plan.cpp", 1, "without MLIR and LLVM")
        files = {"runtime/lib/Plan.cpp": '#include "adamas/IR/AdamasOps.h"\n'}
        self.rejects("include", files, "runtime/lib/Plan.cpp", 1, "is of dialect")


class LinkTest(RuleTest):
    LIBRARIES = {
        "dialect/CMakeLists.txt": "adamas_add_library(AdamasIR A.cpp MLIR MLIRIR) # not AdamasTransforms\n",
        "passes/CMakeLists.txt": "adamas_add_library(AdamasTransforms B.cpp\n  LINK AdamasIR)\n",
        "tools/CMakeLists.txt": "add_library(AdamasSupport S.cpp)\ntarget_link_libraries(AdamasSupport AdamasTransforms)\n",
    }

    def test_accepts_the_arrows(self):
        self.accepts("link", self.LIBRARIES)

    def test_rejects_a_library_of_a_higher_layer(self):
        files = {**self.LIBRARIES, "dialect/CMakeLists.txt": "add_library(AdamasIR A.cpp\n  LINK AdamasTransforms)\n"}
        self.rejects("link", files, "dialect/CMakeLists.txt", 2, "is of passes")
        files = {**self.LIBRARIES, "passes/CMakeLists.txt": "add_library(AdamasTransforms B.cpp LINK AdamasSupport)\n"}
        self.rejects("link", files, "passes/CMakeLists.txt", 1, "is of tools")

    def test_rejects_mlir_in_runtime(self):
        files = {"runtime/CMakeLists.txt": "add_library(AdamasRuntime R.cpp)\ntarget_link_libraries(AdamasRuntime MLIRIR)\n"}
        self.rejects("link", files, "runtime/CMakeLists.txt", 2, "without MLIR and LLVM")


class SizeTest(RuleTest):
    def test_accepts_the_limit_and_data(self):
        long = "x\n" * 5000
        self.accepts("size", {"a.py": "x\n" * 600, "test/data/a.txt": long, "LICENSE": long, "x.bin": b"\0" + b"\n" * 900})

    def test_rejects_one_line_more(self):
        self.rejects("size", {"a.py": "x\n" * 601}, "a.py", 601, "at most 600 lines, but got 601")

    def test_warns_of_a_long_pass(self):
        path = "passes/adamas/Transforms/A.cpp"
        self.accepts("size", {path: "x\n" * 250})
        (found,) = self.findings("size", {path: "x\n" * 251})
        self.assertEqual((found.severity, found.line), ("warning", 251))


class MarkdownTest(RuleTest):
    def test_accepts_what_exists(self):
        self.accepts(
            "link-md",
            {
                "README.md": "# A title, `code`\n[a](docs/a.md) [b](docs/a.md#two-words) [c](#a-title-code) <a href='x'>\n"
                "[d](https://example.org/x) `tools/run --out=test/none.txt` `tools/<tool>` `test/*.mlir`\n"
                "```\ntools/run test/a.mlir >test/none.txt\n[e](none)\n```\n",
                "docs/a.md": "## Two words\n[up](../README.md)\n",
                "tools/run": "",
                "test/a.mlir": "",
            },
        )

    def test_rejects_dead_ends(self):
        for text, message in (
            ("[a](docs/none.md)", "there is no docs/none.md"),
            ("![a](pictures/none.svg)", "there is no pictures/none.svg"),
            ('<img src="none.svg">', "there is no none.svg"),
            ("[a]: none.md", "there is no none.md"),
            ("[a](#none)", "expected a heading for #none"),
            ("run `tools/none --help` first", "expected the path tools/none"),
        ):
            self.rejects("link-md", {"README.md": f"# T\n{text}\n"}, "README.md", 2, message)

    def test_rejects_a_dead_path_in_a_command(self):
        files = {"README.md": "```bash\nbuild/bin/adamas-run --data=test/data/none.bin\n```\n"}
        self.rejects("link-md", files, "README.md", 2, "expected the path test/data/none.bin")


class RunTest(RuleTest):
    FILE = "test/Dialect/a.mlir"

    def one(self, text):
        return {self.FILE: text}

    def test_accepts_checked_tests(self):
        for text in (
            "// RUN: adamas-opt %s | FileCheck %s\n// CHECK-LABEL: a\n// CHECK-NEXT{LITERAL}: b\n// CHECK-COUNT-2: c\n",
            "// RUN: adamas-opt %s \\\n// RUN:   | FileCheck %s --check-prefixes=A,B\n// A: x\n// B-NOT: y\n// NOTE: z\n",
            "// RUN: adamas-opt %s -split-input-file -verify-diagnostics\n",
            "// RUN: not adamas-opt %s\n",
            "// RUN: adamas-opt %s -o %t\n// RUN: diff %s %t\n",
            "// RUN: adamas-run %s | %python %S/check.py\n",
            "// RUN: adamas-run %s --compare=reference\n",
            "// RUN: adamas-opt %s | FileCheck %s\n// Check that this prose is not a directive.\n// Chunk: prose.\n// CHECK: a\n",
        ):
            self.accepts("run", self.one(text))
        self.accepts("run", {"test/Dialect/Inputs/a.mlir": "module {}\n"})
        runs = {self.FILE: "// RUN: adamas-run %examples/decode.mlir | FileCheck %s\n"}
        self.accepts("run", {"test/Examples/decode.mlir": "module {}\n", **runs})

    def test_rejects_a_test_without_run(self):
        self.rejects("run", self.one("module {}\n"), self.FILE, 1, "expected a RUN line")

    def test_rejects_a_module_that_nothing_runs(self):
        path = "test/Examples/decode.mlir"
        self.rejects("run", {path: "module {}\n"}, path, 1, "names this module")

    def test_rejects_a_run_without_checker(self):
        self.rejects("run", self.one("\n// RUN: adamas-opt %s\n"), self.FILE, 2, "checks nothing")
        self.rejects("run", self.one("// RUN: adamas-opt %s -o %t\n"), self.FILE, 1, "checks nothing")

    def test_rejects_misspelt_prefixes(self):
        run = "// RUN: adamas-opt %s | FileCheck %s\n// CHECK: a\n"
        for line in ("CHEKC: a", "CHECK-NXT: a", "CEHCK-NEXT: a", "CHECK_NEXT: a", "check: a"):
            self.rejects("run", self.one(f"{run}// {line}\n"), self.FILE, 3, "is it misspelt")
        self.rejects("run", self.one(f"{run}// CHECK-NEXT a\n"), self.FILE, 3, "expected a colon")
        self.rejects("run", self.one(f"{run}// CHECK : a\n"), self.FILE, 3, "expected a colon")
        self.rejects("run", self.one(f"{run}// X86: a\n"), self.FILE, 3, "expected a RUN line that checks the prefix X86")


class SpdxTest(RuleTest):
    LINE = lint.SPDX

    def test_accepts_one_line(self):
        self.accepts(
            "spdx",
            {
                "a.cpp": f"// A.\n// {self.LINE}\n",
                "b.py": f"# B.\n# {self.LINE}\n",
                "c.h": f"/* {self.LINE} */\n",
                "tools/d": f"#!/usr/bin/env bash\n# {self.LINE}\n",
                "e.json": "{}\n",
                "f.mlir": "module {}\n",
            },
        )

    def test_rejects_none_two_late_and_other(self):
        self.rejects("spdx", {"a.cpp": "int x;\n"}, "a.cpp", 1, "is not there")
        self.rejects("spdx", {"tools/d": "#!/bin/sh\n"}, "tools/d", 1, "is not there")
        self.rejects("spdx", {"a.py": "\n" * 5 + f"# {self.LINE}\n"}, "a.py", 1, "is not there")
        self.rejects("spdx", {"a.py": f"# {self.LINE}\n# {self.LINE}\n"}, "a.py", 2, "second one")
        other = self.LINE.replace("Apache-2.0 WITH LLVM-exception", "MIT")
        self.rejects("spdx", {"a.td": f"// {other}\n"}, "a.td", 1, "another license")


class CoverageTest(RuleTest):
    PASSES = {"passes/adamas/Transforms/Passes.td": '// text\ndef OpenTopK : Pass<"adamas-open-topk", "func::FuncOp"> {\n}\n'}
    OPS = {
        "dialect/adamas/IR/AdamasOps.td": "class Adamas_Op<string mnemonic> : Op<D, mnemonic>;\n"
        'def Adamas_DistanceOpInterface : OpInterface<"DistanceOpInterface"> {}\n'
        'def Adamas_L1DistanceOp : Adamas_DistanceOp<"l1_distance", [Pure]> {}\n'
    }

    def test_accepts_a_tested_pass(self):
        for suite in ("Transforms", "Conversion"):
            test = {f"test/{suite}/adamas-open-topk/basic.mlir": "// RUN: adamas-opt %s --adamas-open-topk | FileCheck %s\n"}
            self.accepts("pass-tests", {**self.PASSES, **test})
        inside = "// RUN: adamas-opt %s --pass-pipeline='builtin.module(adamas-open-topk{x=1})' | FileCheck %s\n"
        self.accepts("pass-tests", {**self.PASSES, "test/Transforms/adamas-open-topk/a.mlir": inside})

    def test_rejects_an_untested_pass(self):
        (path,) = self.PASSES
        self.rejects("pass-tests", self.PASSES, path, 2, "there are none")
        test = {"test/Transforms/adamas-open-topk/a.mlir": "// RUN: adamas-opt %s --adamas-open-topk-more | FileCheck %s\n"}
        self.rejects("pass-tests", {**self.PASSES, **test}, path, 2, "expected a RUN line with --adamas-open-topk")

    def test_accepts_a_tested_op(self):
        tests = {"test/Dialect/l1_distance.mlir": "", "test/Dialect/l1_distance_invalid.mlir": ""}
        self.accepts("op-tests", {**self.OPS, **tests})

    def test_rejects_an_untested_op(self):
        (path,) = self.OPS
        tests = {"test/Dialect/l1_distance.mlir": ""}
        self.rejects("op-tests", {**self.OPS, **tests}, path, 3, "test/Dialect/l1_distance_invalid.mlir")

    def test_another_dialect_has_a_folder(self):
        path = "dialect/adamas_gpu/IR/AdamasGPUOps.td"
        ops = {path: 'def AdamasGPU_LaunchOp : AdamasGPU_Op<"launch"> {}\n'}
        inside = {f"test/Dialect/adamas_gpu/launch{end}.mlir": "" for end in ("", "_invalid")}
        self.accepts("op-tests", {**ops, **inside})
        # adamas.launch has the name too.
        beside = {"test/Dialect/launch.mlir": "", "test/Dialect/adamas_gpu/launch_invalid.mlir": ""}
        self.rejects("op-tests", {**ops, **beside}, path, 1, "test/Dialect/adamas_gpu/launch.mlir")


class LabelTest(RuleTest):
    CODE = {"dialect/adamas/IR/HadamardOp.cpp": "int x;\nif (bad) // had-1: a power of two\n  return;\n"}
    GOOD = "func.func @hadamard_had_1_d64() {\n}\n"
    BAD = "// -----\nfunc.func @hadamard_had_1_d63() {\n  // expected-error @below {{power}}\n}\n"

    def test_accepts_both_tests(self):
        files = {"test/Dialect/hadamard.mlir": self.GOOD, "test/Dialect/hadamard_invalid.mlir": self.BAD}
        self.accepts("label-tests", {**self.CODE, **files})
        self.accepts("label-tests", {**self.CODE, "test/Dialect/one.mlir": self.GOOD + self.BAD})

    def test_rejects_a_missing_one(self):
        (path,) = self.CODE
        self.rejects("label-tests", {**self.CODE, "test/Dialect/a.mlir": self.GOOD}, path, 2, "expected a failing function")
        self.rejects("label-tests", {**self.CODE, "test/Dialect/a.mlir": self.BAD}, path, 2, "expected a passing function")
        longer = {"test/Dialect/a.mlir": self.GOOD.replace("had_1", "had_12") + self.BAD}
        self.rejects("label-tests", {**self.CODE, **longer}, path, 2, "expected a passing function")


class TextTest(RuleTest):
    def test_accepts_clean_text(self):
        self.accepts("whitespace", {"a.py": "a = 1\n", "b.bin": b"\0 \t"})
        self.accepts("machine-path", {"a.md": "`tools/work/x` and https://example.org/home/x and /usr/lib/llvm-22\n"})

    def test_rejects_blanks(self):
        self.rejects("whitespace", {"a.py": "a \n"}, "a.py", 1, "no blank at the end")
        self.rejects("whitespace", {"a.py": "a\r\n"}, "a.py", 1, "no blank at the end")
        self.rejects("whitespace", {"a.py": "a\tb\n"}, "a.py", 1, "there is a tab")
        self.rejects("whitespace", {"a.py": "a"}, "a.py", 1, "one newline")
        self.rejects("whitespace", {"a.py": "a\n\n"}, "a.py", 3, "one newline")

    def test_rejects_machine_paths(self):
        for folder in ("work", "home", "root"):
            path = "/" + folder + "/x/y.txt"
            self.rejects("machine-path", {"a.sh": f"\ncat {path}\n"}, "a.sh", 2, f"but got {path}")


class CommandTest(unittest.TestCase):
    def call(self, *arguments):
        return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)

    def test_lists_every_rule(self):
        listed = self.call("--list")
        self.assertEqual(listed.returncode, 0)
        self.assertEqual([line.split()[0] for line in listed.stdout.splitlines()], list(lint.RULES))

    def test_exit_status_and_format(self):
        with tempfile.TemporaryDirectory() as root:
            write(root, {"a.md": "x\n", "build/b.md": "x \n", "build-gcc/b.md": "x \n"})
            self.assertEqual(self.call("--root", root).returncode, 0)
            write(root, {"a.md": "x \n"})
            result = self.call("--root", root)
            self.assertEqual(result.returncode, 1)
            self.assertTrue(result.stdout.startswith("a.md:1: error: expected no blank"), result.stdout)

    def test_warnings_do_not_fail(self):
        with tempfile.TemporaryDirectory() as root:
            text = f"// {lint.SPDX}\n" + "x\n" * 300
            write(root, {"passes/adamas/Transforms/A.cpp": text})
            result = self.call("--root", root)
            self.assertEqual(result.returncode, 0)
            self.assertIn("warning", result.stdout)


if __name__ == "__main__":
    unittest.main()
