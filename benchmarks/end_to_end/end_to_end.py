#!/usr/bin/env python3
# Measures whole token steps of Llama-shaped models with random weights: PyTorch's SDPA against adamas.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Milliseconds a token, to the first token, and of the host, for models of the shapes of Llama-2-7B, Llama-3-8B and SmolLM2-135M.

    python3 benchmarks/end_to_end/end_to_end.py --minutes=9 --json=benchmarks/results/end-to-end-h100-DATE.json
    python3 benchmarks/end_to_end/end_to_end.py --kinds=host --batches=1 --tokens=4096 --json=host.json
    python3 benchmarks/end_to_end/end_to_end.py --device=cpu --models=smollm2-135m --batches=1 --tokens=8192

Needs PyTorch 2.6 and NumPy, Transformers for its attention functions alone. The package is used where it stands in this tree; ADAMAS_RUNTIME names
libadamas_runtime.so.0 (libadamas_compiler.so lies beside it), or --library-dir the folder of both.

What is measured:
- Weights are random and every layer has its own. Keys and values of the cache are random (normal), not a prompt's. A step reads
  the embedding, writes its key and value at the last position of the cache, and takes the likeliest token as the next one's input;
  the position stays the same, so that all repeats have one length.
- On a GPU a step is one CUDA graph for each method; times are medians of events between replays that follow each other.
- SDPA is the fastest of PyTorch's backends over this very cache, without a mask, which a real static cache would need. The first
  --dense-layers layers use it in every method.
- The time to the first token comes apart, without a graph: a prompt of one sequence through SDPA's causal attention, with codes
  made beside keys and values or without.
- The host's time (--kinds=host for it alone) is a call's in a loop over layers, nothing synchronised within: torch.ops.adamas.decode,
  step, and, where there is Transformers, the attention function of a layer with its hook and its module's call, for adamas and SDPA
  alike, over a cache that grows by a token a round. On a CPU the work itself is in it: --models=tiny has little.

The most important cases come first and --minutes drops the last. Records are written as they come; --resume goes on where a file
ends. Each case runs in a worker process, and one that fails leaves the others.
"""

import argparse
import datetime
import os
import pathlib
import sys
from typing import Any, List, Optional

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "benchmarks" / "harness"), str(ROOT / "runtime" / "python")]


def _names(text: str, known: Any, option: str) -> List[str]:
    chosen = [part.strip() for part in text.split(";" if ";" in text else ",")]
    if option == "--methods" and ";" not in text:
        chosen = [text.strip()] if text.strip() in known else chosen
    for name in chosen:
        if name not in known:
            raise argparse.ArgumentTypeError(f"expected some of {'; '.join(known)}, but got '{name}'")
    return chosen


def _numbers(text: str) -> List[int]:
    try:
        values = [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected numbers separated by commas, but got '{text}'") from None
    if min(values) < 1:
        raise argparse.ArgumentTypeError(f"expected numbers of at least 1, but got {min(values)}")
    return values


def parse_arguments(argv: Optional[List[str]] = None) -> argparse.Namespace:
    import jobs
    from shapes import SHAPES

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--device", default="auto", help="cuda, cuda:N or cpu (default: cuda where there is one)")
    add("--dtype", choices=("f16", "bf16", "f32"), help="of weights and cache (default: f16 on a GPU, f32 on a CPU)")
    add("--models", type=lambda t: _names(t, tuple(SHAPES), "--models"), default=list(jobs.MODELS), help="default: all but tiny")
    add("--batches", type=_numbers, default=list(jobs.BATCHES), help="sequences (default: 1,8)")
    add("--tokens", type=_numbers, default=list(jobs.TOKENS), help="lengths of the cache (default: 4096 to 131072)")
    add("--methods", type=lambda t: _names(t, jobs.METHODS, "--methods"), default=list(jobs.METHODS),
        help="separated by ';' (default: all)")
    add("--kinds", type=lambda t: _names(t, jobs.KINDS, "--kinds"), default=list(jobs.KINDS),
        help="of cases: check, decode, host, prefill; 'host' is the host's time alone (default: all)")
    add("--prefill-tokens", type=_numbers, default=list(jobs.PREFILL_TOKENS), help="lengths of prompts (default: 32768)")
    add("--budget", type=int, default=128, help="tokens that a sparse step attends to (default: %(default)s)")
    add("--dense-layers", type=int, default=2, help="first layers that stay dense (default: %(default)s)")
    add("--repeats", type=int, default=20, help="steps timed (default: %(default)s)")
    add("--compile", choices=("none", "layers", "tuned"),
        help="torch.compile for what lies between attentions (default: layers on a GPU, none on a CPU)")
    add("--threads", type=int, default=0, help="of PyTorch on a CPU (default: its own choice)")
    add("--minutes", type=float, default=1e9, help="no case begins later (default: no limit)")
    add("--case-seconds", type=float, default=240, help="a case that takes longer is given up (default: %(default)s)")
    add("--library-dir", type=pathlib.Path, help="folder of libadamas_runtime.so.0 and libadamas_compiler.so")
    add("--json", type=pathlib.Path, help="file for the records; a plot .svg is put beside it")
    add("--resume", action="store_true", help="keep the records of --json and measure what they lack")
    add("--date", default=datetime.date.today().isoformat(), help="date of the record (default: today)")
    arguments = parser.parse_args(argv)
    for name, low in (("budget", 5), ("dense_layers", 0), ("repeats", 1), ("threads", 0)):
        if getattr(arguments, name) < low:
            parser.error(f"--{name.replace('_', '-')}: expected at least {low}, but got {getattr(arguments, name)}")
    if arguments.resume and not arguments.json:
        parser.error("--resume: expected --json beside it, the file to go on with, but got none")
    return arguments


def _set_library(folder: Optional[pathlib.Path]) -> None:
    if folder is None:
        return
    library = folder / "libadamas_runtime.so.0"
    if not library.exists():
        raise FileNotFoundError(f"--library-dir: expected {library}, but there is no such file")
    os.environ["ADAMAS_RUNTIME"] = str(library)


def _options(arguments: argparse.Namespace) -> Any:
    import torch
    from session import Options

    device = arguments.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    on_gpu = device.startswith("cuda")
    return Options(
        device=device, dtype=arguments.dtype or ("f16" if on_gpu else "f32"), budget=arguments.budget,
        dense_layers=arguments.dense_layers, repeats=arguments.repeats,
        compile=arguments.compile or ("layers" if on_gpu else "none"), threads=arguments.threads,
    )


def _common(arguments: argparse.Namespace, argv: List[str]) -> dict:
    import records

    import adamas

    try:
        version = adamas.version()
    except adamas.AdamasError as error:
        raise RuntimeError(str(error)) from None
    kept = [a for a in argv if not a.startswith(("--json", "--library-dir", "--resume"))]
    command = " ".join(["benchmarks/end_to_end/end_to_end.py", *kept])
    return {"suite": "end-to-end", "adamas": version, "commit": records.commit(), "command": command, "date": arguments.date}


def measure(arguments: argparse.Namespace, argv: List[str]) -> List[dict]:
    """Runs the jobs; writes and returns the records."""
    import jobs
    import records
    import worker
    from shapes import SHAPES

    _set_library(arguments.library_dir)
    common, options = _common(arguments, argv), _options(arguments)
    rows = records.load(arguments.json) if arguments.resume and arguments.json.exists() else []
    wanted = jobs.plan(arguments.models, arguments.batches, arguments.tokens, arguments.methods, arguments.prefill_tokens,
                       arguments.kinds)
    todo = jobs.without(wanted, rows)
    keys = {tuple(job.fields().values()) for job in todo}
    rows = [row for row in rows if tuple(row.get(name) for name in jobs.Job.__dataclass_fields__) not in keys]
    bar, count = records.progress(len(todo), "end to end"), 0
    if todo:
        bar.set_postfix_str(str(todo[0]))
    for job, fields in worker.run(options, todo, 60 * arguments.minutes, arguments.case_seconds):
        shape, count = SHAPES[job.model], count + 1
        sizes = {name: getattr(shape, name) for name in ("layers", "query_heads", "kv_heads", "head_dim")}
        place = {"device": fields.pop("device", None) or records.cpu_name(), "dtype": options.dtype}
        settings = {"budget": options.budget, "dense_layers": options.dense_layers, "weights": "random", "cache": "random"}
        rows.append({**common, **place, **job.fields(), **sizes, **settings, **fields})
        if arguments.json:
            records.save(arguments.json, rows)
        bar.set_postfix_str(str(todo[count]) if count < len(todo) else "")
        bar.update()
    bar.close()
    if count < len(todo):
        print(f"--minutes={arguments.minutes:g} left no time for {len(todo) - count} of {len(todo)} cases, from: {todo[count]}")
    return rows


def main(argv: Optional[List[str]] = None) -> int:
    given = sys.argv[1:] if argv is None else argv
    arguments = parse_arguments(given)
    try:
        rows = measure(arguments, given)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        print(f"end_to_end.py: error: {error}", file=sys.stderr)
        return 1
    import report

    report.print_tables(rows)
    if arguments.json and rows:
        print(f"wrote {arguments.json}")
        report.plot(rows, arguments.json.with_suffix(".svg"))
    return 1 if any("error" in row and not row.get("refused") for row in rows) or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
