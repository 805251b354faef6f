# What is measured, in which order: the most important first, so that a limit on time drops the least.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

from dataclasses import asdict, dataclass
from typing import Any, Dict, Iterable, List, Sequence, Tuple

from shapes import SHAPES

CHECK, DECODE, HOST, PREFILL = KINDS = "check", "decode", "host", "prefill"
SDPA, NONE = "SDPA", "no attention"
METHODS = ("SDPA", "weighted", "two-pass", "L1", "weighted, per KV head", "two-pass, per KV head", "no attention")
PREFILL_METHODS = ("weighted", "two-pass")
MODELS = ("llama-2-7b", "llama-3-8b", "smollm2-135m")
BATCHES = (1, 8)
TOKENS = (4096, 8192, 16384, 32768, 65536, 131072)
PREFILL_TOKENS = (32768,)
SHORT_TOKENS = 512  # where length does not matter
MAX_TOKENS = {"llama-2-7b": 65536, "llama-3-8b": 131072, "smollm2-135m": 8192, "tiny": 1 << 20}
# What the issue sets bars for, then what else is told first. Cases that are not here follow.
FIRST: Tuple[Tuple[str, int, int], ...] = (
    ("llama-2-7b", 1, 32768), ("llama-2-7b", 1, 65536), ("llama-3-8b", 1, 131072),
    ("llama-2-7b", 1, 4096), ("llama-2-7b", 1, 16384), ("llama-2-7b", 8, 8192), ("llama-2-7b", 1, 8192), ("llama-2-7b", 8, 4096),
    ("llama-3-8b", 1, 32768), ("llama-3-8b", 8, 32768), ("llama-3-8b", 1, 65536), ("llama-3-8b", 1, 4096),
    ("llama-3-8b", 1, 16384), ("llama-3-8b", 1, 8192), ("llama-3-8b", 8, 4096), ("llama-3-8b", 8, 16384), ("llama-3-8b", 8, 8192),
    ("smollm2-135m", 1, 8192), ("smollm2-135m", 8, 8192), ("smollm2-135m", 1, 4096), ("smollm2-135m", 8, 4096),
)


@dataclass(frozen=True)
class Job:
    """One measurement. Those of one model, batch and length that follow each other share weights and cache."""

    kind: str
    model: str
    batch: int
    tokens: int
    method: str

    def __str__(self) -> str:
        return f"{self.kind} {self.model} batch {self.batch}, {self.tokens:,} tokens, {self.method}"

    def fields(self) -> Dict[str, Any]:
        return asdict(self)


def _rank(case: Tuple[str, int, int]) -> int:
    return FIRST.index(case) if case in FIRST else len(FIRST)


def plan(
    models: Sequence[str] = MODELS, batches: Sequence[int] = BATCHES, tokens: Sequence[int] = TOKENS,
    methods: Sequence[str] = METHODS, prefill_tokens: Sequence[int] = PREFILL_TOKENS, kinds: Sequence[str] = KINDS,
) -> List[Job]:
    """All jobs of these kinds, the most important first. Before a model's first case come a check and host times; prompts come last."""
    cases = [(m, b, n) for m in models for b in batches for n in tokens if n <= MAX_TOKENS[m]]
    # Stable: what has no rank stays in the order asked for. A case of 8 sequences of 64K would not fit any GPU at hand.
    cases.sort(key=_rank)
    jobs: List[Job] = []
    begun = set()
    sparse = [name for name in methods if name not in (SDPA, NONE)]
    for position, (model, batch, length) in enumerate(cases):
        grouped = SHAPES[model].query_heads != SHAPES[model].kv_heads
        named = [name for name in methods if grouped or not name.endswith("per KV head")]
        if model not in begun and sparse:
            jobs.append(Job(CHECK, model, 1, min(SHORT_TOKENS, length), "all"))
        if model not in begun:
            # Of few tokens, so that no call takes the device longer than the host.
            jobs += [Job(HOST, model, 1, min(SHORT_TOKENS, length), name) for name in named if name != NONE]
            begun.add(model)
        jobs += [Job(DECODE, model, batch, length, name) for name in named]
        last_in_a_row = position + 1 == len(cases) or cases[position + 1][0] != model
        if last_in_a_row and not any(job.kind == PREFILL and job.model == model for job in jobs):
            sizes = dict.fromkeys(min(n, MAX_TOKENS[model]) for n in prefill_tokens)
            jobs += [Job(PREFILL, model, 1, n, name) for n in sizes for name in named if name in PREFILL_METHODS]
    return [job for job in jobs if job.kind in kinds]


def without(jobs: Iterable[Job], rows: Iterable[Dict[str, Any]]) -> List[Job]:
    """The jobs that have no record yet; one that failed is tried again."""
    done = {tuple(row.get(name) for name in Job.__dataclass_fields__) for row in rows if "error" not in row}
    return [job for job in jobs if tuple(job.fields().values()) not in done]
