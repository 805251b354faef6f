#!/usr/bin/env python3
# Dense attention of one decode step by PyTorch's CPU SDPA, for comparison with adamas-bench-decode.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times torch.nn.functional.scaled_dot_product_attention for one query token on the CPU.

Needs PyTorch (`pip install torch`); nothing else of the project does. Prints a table and, with --json, writes records with the
keys of adamas-bench-decode's: method torch_sdpa, time_us the median of --repeat runs after one that is not counted.
"""
import argparse
import datetime
import json
import statistics
import sys
import time


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=32768, help="tokens of the cache (default 32768)")
    parser.add_argument("--heads", type=int, default=32, help="query and key/value heads (default 32)")
    parser.add_argument("--dim", type=int, default=128, help="head dimension (default 128)")
    parser.add_argument("--threads", type=int, default=0, help="threads (default: torch's own choice)")
    parser.add_argument("--repeat", type=int, default=7, help="counted runs (default 7)")
    parser.add_argument("--dtypes", default="f16,bf16,f32", help="comma separated (default f16,bf16,f32)")
    parser.add_argument("--commit", default="", help="commit that the records name")
    parser.add_argument("--json", help="write records to this file")
    args = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("error: this comparison needs PyTorch; install it with `pip install torch`", file=sys.stderr)
        return 1
    names = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}
    unknown = [name for name in args.dtypes.split(",") if name not in names]
    if unknown:
        parser.error(f"expected --dtypes of {', '.join(names)}, but got {unknown[0]!r}")
    if args.threads:
        torch.set_num_threads(args.threads)
    records = []
    for name in args.dtypes.split(","):
        torch.manual_seed(1)
        query = torch.randn(1, args.heads, 1, args.dim).to(names[name])
        key, value = (torch.randn(1, args.heads, args.tokens, args.dim).to(names[name]) for _ in range(2))
        seconds = []
        with torch.no_grad():
            for _ in range(args.repeat + 1):
                start = time.perf_counter()
                torch.nn.functional.scaled_dot_product_attention(query, key, value)
                seconds.append(time.perf_counter() - start)
        median = statistics.median(seconds[1:])
        print(f"torch {torch.__version__} SDPA {name}, {args.heads} heads, {args.tokens} tokens, "
              f"{torch.get_num_threads()} threads: {median * 1e3:.2f} ms")
        records.append(dict(device=f"{cpu_name()}, {torch.get_num_threads()} threads", commit=args.commit,
                            command="benchmarks/decode/torch_sdpa.py " + " ".join(sys.argv[1:]),
                            date=datetime.date.today().isoformat(), method="torch_sdpa", version=torch.__version__,
                            threads=torch.get_num_threads(), batch=1, query_heads=args.heads, kv_heads=args.heads,
                            head_dim=args.dim, tokens=args.tokens, dtype=name.upper(), time_us=median * 1e6))
    if args.json:
        with open(args.json, "w") as out:
            json.dump(records, out, indent=2)
            out.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
