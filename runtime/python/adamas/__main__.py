# python -m adamas: what is installed, which kernels are cached, and making or dropping them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import argparse
import ctypes
import importlib
import json
import os
import platform
import sys
import time

from . import __version__, arrays, library, plan
from .errors import AdamasError

VARIABLES = ("ADAMAS_CACHE_DIR", "ADAMAS_BUNDLE_DIR", "ADAMAS_COMPILER", "ADAMAS_LIBCUDA", "ADAMAS_LOG", "ADAMAS_DUMP_DIR",
             "ADAMAS_VALIDATE", "ADAMAS_DISABLE_JIT", "ADAMAS_TUNING_TABLE", "ADAMAS_RUNTIME")
MAGIC = b"ADAMASK1"
HEADER = 40  # magic, two sizes, a hash


def cache_directory():
    """The folder of the disk cache, as the runtime finds it; "" where it cannot be told."""
    if os.environ.get("ADAMAS_CACHE_DIR"):
        return os.environ["ADAMAS_CACHE_DIR"]
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("HOME", "") and os.path.join(os.environ["HOME"], ".cache"))
    return os.path.join(base, "adamas") if base else ""


def bundles(folder):
    """(path, bytes, manifest or None where it is damaged) of each bundle of a folder, by name."""
    try:
        names = sorted(name for name in os.listdir(folder or ".") if folder and name.endswith(".adamas"))
    except FileNotFoundError:
        return
    for name in names:
        path = os.path.join(folder, name)
        size, manifest = os.path.getsize(path), None
        with open(path, "rb") as file:
            head = file.read(HEADER)
            try:
                if head[:8] == MAGIC:
                    manifest = json.loads(file.read(int.from_bytes(head[8:16], "little")))
            except ValueError:
                pass
        yield path, size, manifest


def rows(pairs):
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        print(f"{name:{width}}  {value}")


def show_config(_):
    pairs = [(name, os.environ.get(name) or "(not set)") for name in VARIABLES]
    rows([("package", __version__), ("library", library.library_path()), ("cache", cache_directory() or "(none)"), *pairs])
    print()
    print("ADAMAS_RUNTIME: libadamas_runtime.so; default: the wheel's own, then the loader's search path")
    print(library.environment_help())
    return 0


def _attempt(function):
    try:
        return function()
    except (AdamasError, OSError) as error:
        return f"({error})"


def _compiler():
    """The compiler's version, from where the runtime looks for it."""
    path = os.environ.get("ADAMAS_COMPILER")
    beside = os.path.join(os.path.dirname(os.path.realpath(library.library_path())), "libadamas_compiler.so")
    path = path or (beside if os.path.exists(beside) else "libadamas_compiler.so")
    opened = ctypes.CDLL(path)
    opened.adamas_compiler_version.restype = ctypes.c_char_p
    return f"{opened.adamas_compiler_version().decode()} ({path})"


def _calls():
    """Where calls of operators are remembered."""
    try:
        from . import _calls
    except ImportError:
        return "(PyTorch is not installed)"
    module = _calls.native()
    return module.__file__ if module else "in Python, for want of adamas_calls or of DLPack's C exchange in PyTorch"


def _module(name):
    try:
        return getattr(importlib.import_module(name), "__version__", "(of no version)")
    except ImportError:
        return "(not installed)"


def _gpus():
    count = plan.device_count()
    names = []
    for ordinal in range(count):
        info = plan.device_info(ordinal)
        names.append(f"{info['name']} ({info['chip']}, CUDA {info['driver_version'] // 1000}.{info['driver_version'] % 1000 // 10})")
    return "; ".join(names) or "none"


def _cpu():
    info = plan.Context.get("cpu").info()
    return f"{info['name']}, {info['multiprocessors']} threads"


def collect_env(_):
    rows([
        ("adamas", __version__),
        ("runtime", _attempt(lambda: f"{library.version()}, ABI {library.abi_version()} ({library.library_path()})")),
        ("compiler", _attempt(_compiler)),
        ("cpu", _attempt(_cpu)),
        ("gpus", _attempt(_gpus)),
        ("calls", _attempt(_calls)),
        ("cache", f"{cache_directory() or '(none)'}: {len(list(bundles(cache_directory())))} bundles"),
        ("system", platform.platform()),
        ("python", platform.python_version()),
        *((name, _module(name)) for name in ("numpy", "torch", "transformers")),
    ])
    return 0


def list_kernels(options):
    for folder in (os.environ.get("ADAMAS_BUNDLE_DIR"), cache_directory()):
        if not folder:
            continue
        found = list(bundles(folder))
        print(f"{folder}: {len(found)} bundles, {sum(size for _, size, _ in found)} bytes")
        for path, size, manifest in found:
            if manifest is None:
                print(f"  {os.path.basename(path)}  {size} bytes, damaged: it will be made again")
                continue
            functions = ", ".join(f"{one['name']} ({len(one['kernels'])} kernels)" for one in manifest["functions"])
            print(f"  {os.path.basename(path)}  {size} bytes, {manifest['chip']}: {functions}")
    return 0


def warmup(options):
    begin = time.perf_counter()
    made = plan.Plan(
        query_heads=options.query_heads, kv_heads=options.kv_heads, head_dim=options.head_dim, dtype=options.dtype,
        metric=options.metric, bits=options.bits, policy=options.policy, budget=options.budget, page_size=options.page_size,
        max_batch=options.max_batch, max_seq_len=options.max_seq_len, operations=options.operations.split(","),
        device=options.device,
    )
    where = made.context.info()["chip"]
    print(f"{options.operations} for {where}: ready after {time.perf_counter() - begin:.2f} s")
    if made.ordinal < 0:
        print("code for a CPU lives in the process: nothing was kept")
    return 0


def calibrate(options):
    import torch
    import transformers

    from . import calibration
    from . import transformers as integration

    config = integration.AdamasConfig(metric=options.metric, bits=options.bits, two_pass=options.two_pass, dense_layers=options.dense_layers)
    with open(options.text, encoding="utf-8") as file:
        text = file.read()
    source = {"pretrained_model_name_or_path": options.model}
    if options.model.endswith(".gguf"):
        folder, name = os.path.split(os.path.abspath(options.model))
        source = {"pretrained_model_name_or_path": folder, "gguf_file": name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
    model = transformers.AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32).to(options.device).eval()
    ids = torch.tensor([tokenizer(text)["input_ids"][: options.tokens]], device=model.device)
    layers = integration.calibrate_model(model, ids, config)
    calibration.save_thresholds(options.out, layers)
    print(f"{options.out}: layers {', '.join(map(str, sorted(layers)))}, {config.code_bits} bits, {config.method}, from {ids.shape[1]} tokens")
    return 0


def clear_cache(options):
    folder, count, freed = cache_directory(), 0, 0
    for path, size, _ in bundles(folder):
        if not options.dry_run:
            os.unlink(path)
        count, freed = count + 1, freed + size
    print(f"{folder or '(no cache)'}: {count} bundles, {freed} bytes {'would be ' if options.dry_run else ''}removed")
    return 0


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m adamas", description="Token-sparse attention decode.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for function, text in (
        (show_config, "the library, the cache and the environment variables"),
        (collect_env, "versions, devices and libraries, for a report of a defect"),
        (list_kernels, "bundles that are shipped or cached"),
        (warmup, "make the kernels of one shape ahead of time"),
        (calibrate, "write thresholds of a model of Transformers to a file"),
        (clear_cache, "remove the cached bundles"),
    ):
        command = commands.add_parser(function.__name__.replace("_", "-"), help=text, description=text)
        command.set_defaults(function=function)
        if function is clear_cache:
            command.add_argument("--dry-run", action="store_true", help="only say what would go")
        if function is calibrate:
            command.add_argument("model", help="a folder, a name that Transformers loads, or a .gguf file")
            command.add_argument("--text", required=True, help="a text file like what the model will read")
            command.add_argument("--tokens", type=int, default=4096, help="tokens of it (default: %(default)s)")
            command.add_argument("--out", required=True, help="the safetensors file to write")
            command.add_argument("--metric", default="weighted", choices=("weighted", "l1"))
            command.add_argument("--two-pass", action="store_true")
            command.add_argument("--bits", type=int, help="default: 2, for two passes 4")
            command.add_argument("--dense-layers", type=int, default=2, help="first layers that need none (default: %(default)s)")
            command.add_argument("--device", default="cpu")
        if function is warmup:
            command.add_argument("--query-heads", type=int, required=True)
            command.add_argument("--kv-heads", type=int, required=True)
            command.add_argument("--head-dim", type=int, required=True)
            command.add_argument("--dtype", default="f16", choices=sorted(arrays.ELEMENTS))
            command.add_argument("--metric", default="weighted", choices=sorted(plan.METRICS))
            command.add_argument("--bits", type=int, help="default: 2, for two passes 4")
            command.add_argument("--policy", default="per_query_head", choices=sorted(plan.POLICIES))
            command.add_argument("--budget", type=int, default=128)
            command.add_argument("--page-size", type=int, default=0, help="0: contiguous caches")
            command.add_argument("--max-batch", type=int, default=1)
            command.add_argument("--max-seq-len", type=int, default=131072)
            command.add_argument("--operations", default="decode,append", help="of decode, select, dense, append, step")
            command.add_argument("--device", default="cuda", help="cuda, cuda:N or cpu")
    options = parser.parse_args(arguments)
    try:
        return options.function(options)
    except (AdamasError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
