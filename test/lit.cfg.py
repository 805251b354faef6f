# How lit runs the textual tests: one suite, whose folders (Dialect, Reference, ...) can be run one by one.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import shutil

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "adamas"
# The internal shell, so that a test means the same on every machine.
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
# data and Inputs are read by tests; Unit, Fuzz, Lint and python are run by ctest without lit.
config.excludes = ["Inputs", "data", "Unit", "Fuzz", "Lint", "python"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.adamas_obj_root, "test")

# lit.llvm would make %python the interpreter that runs lit; ours is the one that has NumPy, so it comes first.
config.substitutions.append(("%python", config.adamas_python))
config.substitutions.append(("%data", os.path.join(config.test_source_root, "data")))
config.substitutions.append(("%examples", os.path.join(config.test_source_root, "Examples")))
llvm_config.use_default_substitutions()

# `not`, `count` and whatever a test calls by a script are found through PATH.
for folder in (config.llvm_tools_dir, config.adamas_tools_dir):
    llvm_config.with_environment("PATH", folder, append_path=True)

tools = [
    "adamas-opt",
    "adamas-compile",
    "adamas-run",
    "adamas-calibrate",
    "adamas-reduce",
    "adamas-lsp-server",
    "mlir-opt",
    "mlir-translate",
    "split-file",
]
# A tool that this build left out fails the tests that call it ("command not found"), and only those.
llvm_config.add_tool_substitutions(
    [ToolSubst(tool, unresolved="ignore") for tool in tools], [config.adamas_tools_dir, config.llvm_tools_dir]
)

# As MLIR has it: a variable of one function does not match in the next, and a misspelt prefix is an error.
config.environment["FILECHECK_OPTS"] = "-enable-var-scope --allow-unused-prefixes=false"
config.environment["PYTHONPATH"] = os.path.join(config.adamas_src_root, "runtime", "python")
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"


def host_features():
    """Features of this CPU that choose among our distance loops, named as LLVM names them."""
    names = {"avx2": "avx2", "avx512_vpopcntdq": "avx512vpopcntdq"}
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
            flags = next((line.split(":", 1)[1].split() for line in info if line.startswith("flags")), [])
    except OSError:
        flags = []
    return [names[flag] for flag in flags if flag in names]


config.available_features.update(host_features())

# NVIDIA's assembler, where CUDA is installed: it judges the PTX of every chip, with no GPU. In PATH or at its usual place.
ptxas = shutil.which("ptxas") or shutil.which("/usr/local/cuda/bin/ptxas")
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))
    config.environment["ADAMAS_PTXAS"] = ptxas
if "Address" in config.adamas_sanitizer:
    config.available_features.add("asan")
if "Undefined" in config.adamas_sanitizer:
    config.available_features.add("ubsan")
