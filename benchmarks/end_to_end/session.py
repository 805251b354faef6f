# Runs jobs one after another on one device: weights, cache and the chosen SDPA backend are kept while jobs share them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import gc
import statistics
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple

import torch
from torch import Tensor

import jobs
from attention import SPARSE, Dense, NoAttention, Sparse
from decoder import Cache, Decoder
from jobs import Job
from layers import attention_layers
from shapes import SHAPES
from timing import Steps, host_microseconds

DTYPES = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}
SLACK = 3 << 30  # bytes that activations, graphs and libraries take on a GPU
CHECK_TOLERANCE = {"f16": 5e-3, "bf16": 3e-2, "f32": 1e-4}  # of the outputs of a layer
CHECKED = ("weighted", "two-pass", "L1")
HOST_ROUNDS, PREFILL_RUNS = 30, 3


class Refused(Exception):
    """A job that cannot be done here; the message says why."""


@dataclass(frozen=True)
class Options:
    """How a session measures. See --help of end_to_end.py."""

    device: str = "cpu"
    dtype: str = "f32"
    budget: int = 128
    dense_layers: int = 2
    repeats: int = 20
    compile: str = "none"
    threads: int = 0


class Session:
    """Measures jobs; what they share is made when first needed and dropped when no longer shared."""

    def __init__(self, options: Options):
        self.options, self.device, self.dtype = options, torch.device(options.device), DTYPES[options.dtype]
        if options.threads:
            torch.set_num_threads(options.threads)
        self.model: Optional[str] = None
        self.case: Optional[Tuple[int, int]] = None
        self.compiled = "none"
        self.decoder: Any = None
        self.cache: Any = None
        self.dense: Any = None
        self.sets: Dict[str, Any] = {}
        self.sparse: Tuple[Optional[str], Any] = (None, None)

    @torch.inference_mode()
    def run(self, job: Job) -> Dict[str, Any]:
        """The measured fields of a job. Raises Refused where it cannot be done."""
        self._check_memory(job)
        self._prepare(job)
        measure: Callable[[Job], Dict[str, Any]] = getattr(self, f"_{job.kind}")
        return {**measure(job), "compile": self.compiled}

    # What jobs share.

    def _check_memory(self, job: Job) -> None:
        if self.device.type != "cuda":
            return
        shape, element = SHAPES[job.model], self.dtype.itemsize
        names = [job.method] if job.method in SPARSE else []
        need = shape.parameters * element + Cache.bytes(shape, job.batch, job.tokens, element) + SLACK
        need += sum(Sparse.bytes(name, shape, job.batch, job.tokens, self.options.dense_layers) for name in names)
        total = torch.cuda.get_device_properties(self.device).total_memory
        if need > total:
            raise Refused(f"expected a GPU with {need / 2**30:.0f} GiB, but this one has {total / 2**30:.0f} GiB")

    def _prepare(self, job: Job) -> None:
        if self.model != job.model:
            self.drop()
            self._load(job.model)
        if self.case != (job.batch, job.tokens):
            self._drop_case()
            self.cache = Cache(SHAPES[job.model], job.batch, job.tokens, self.device, self.dtype)
            self.tokens = torch.zeros(job.batch, device=self.device, dtype=torch.int64)
            self.case = (job.batch, job.tokens)

    def _load(self, model: str) -> None:
        shape, self.compiled = SHAPES[model], self.options.compile
        if self.compiled != "none":
            torch.compiler.reset()
        self.decoder = Decoder(shape, self.device, self.dtype, self.compiled)
        if self.compiled != "none":
            cache = Cache(shape, 1, 16, self.device, self.dtype)
            try:
                self.decoder.step(torch.zeros(1, device=self.device, dtype=torch.int64), cache.position, NoAttention(cache).attend)
            except Exception as error:  # whatever a compiler says, the benchmark goes on without it
                self.compiled = f"none, since: {str(error).strip().splitlines()[0][:100]}"
                self.decoder = None
                self.decoder = Decoder(shape, self.device, self.dtype)
        self.model = model

    def _drop_case(self) -> None:
        self.cache = self.dense = self.case = None
        self.sparse = (None, None)
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def drop(self) -> None:
        """Gives all memory back."""
        self.decoder = self.model = None
        self.sets = {}
        self._drop_case()

    def _query(self) -> Tensor:
        shape = SHAPES[self.model or ""]
        return torch.randn(self.cache.batch, shape.query_heads, shape.head_dim, device=self.device).to(self.dtype)

    def _dense(self) -> Dense:
        if self.dense is None:
            self.dense = Dense(SHAPES[self.model or ""], self.cache, self._query())
        return self.dense

    def _attention(self, method: str, budget: Optional[int] = None) -> Any:
        if method == jobs.SDPA:
            return self._dense()
        if method == jobs.NONE:
            return NoAttention(self.cache)
        if self.sparse[0] == method and budget is None:
            return self.sparse[1]
        self.sparse = (None, None)  # one method's codes at a time
        if method not in self.sets:
            self.sets[method] = Sparse.calibrated(method, self.cache, SHAPES[self.model or ""].query_heads)
        made = Sparse(method, self.cache, self._dense(), budget or self.options.budget, self.options.dense_layers, self.sets[method])
        if budget is None:
            self.sparse = (method, made)
        return made

    # What is measured.

    def _logits(self, attention: Any) -> Tensor:
        return self.decoder.step(self.tokens, self.cache.position, attention.attend)

    def _decode(self, job: Job) -> Dict[str, Any]:
        attention, layers = self._attention(job.method), range(SHAPES[job.model].layers)

        def token() -> Tensor:
            logits = self._logits(attention)
            self.tokens.copy_(logits.argmax(-1))
            return logits

        steps = Steps(token, self.device)
        times = sorted(steps.milliseconds(self.options.repeats))
        logits = token()
        if not bool(torch.isfinite(logits).all()):
            raise RuntimeError("expected finite logits, but some are not: the times mean nothing")
        row = {
            "token_ms": statistics.median(times), "token_ms_first_quartile": times[len(times) // 4],
            "token_ms_third_quartile": times[3 * len(times) // 4], "repeats": len(times), "graph": self.device.type == "cuda",
        }
        row["tokens_per_second"] = 1e3 * job.batch / row["token_ms"]
        del steps
        if job.method != jobs.NONE:
            query = self._query()
            only = Steps(lambda: [attention.only(layer, query) for layer in layers], self.device)
            row["attention_ms"] = only.median(self.options.repeats)
        dense = self._dense()
        row["sdpa_variant"] = dense.variant
        if job.method == jobs.SDPA:
            row.update({f"sdpa_ms_{name}": time for name, time in dense.times.items()})
            row.update({f"sdpa_error_{name}": error for name, error in dense.errors.items()})
        return row

    def _host(self, job: Job) -> Dict[str, Any]:
        attention, query = self._attention(job.method), self._query()
        layers = range(self.options.dense_layers, SHAPES[job.model].layers)
        is_dense = job.method == jobs.SDPA
        call = attention.bare if is_dense else attention.only
        decode: List[Callable[[], Any]] = [lambda layer=layer: call(layer, query) for layer in layers]
        with attention.chosen() if is_dense else contextlib.nullcontext():
            row = {"host_us": host_microseconds(decode, self.device, HOST_ROUNDS)}
        row["host_includes_work"] = self.device.type != "cuda"
        if job.method in SPARSE:
            new = torch.stack([kv[:, :, :, -1] for kv in self.cache.kv])
            step: List[Callable[[], Any]] = [lambda layer=layer: attention.attend(layer, query, new[layer]) for layer in layers]
            row["host_step_us"] = host_microseconds(step, self.device, HOST_ROUNDS)
            import adamas._calls

            row["calls"] = "python" if adamas._calls.native() is None else "native"
        layers_of = attention_layers(
            job.method, self.cache, SHAPES[job.model].query_heads, self.options.budget, self.options.dense_layers, HOST_ROUNDS,
            self.sets.get(job.method),
        )
        if layers_of is not None:
            # SDPA's backend is PyTorch's choice here: a cache that grows is a new shape each token, for which some plan anew.
            row["host_attention_us"] = host_microseconds(layers_of.calls, self.device, HOST_ROUNDS, layers_of.grow)
        return row

    def _check(self, job: Job) -> Dict[str, Any]:
        """With a budget of the whole length adamas attends to every token: outputs of every layer are SDPA's, and so are logits."""
        self.tokens.fill_(1)
        dense, query, row = self._dense(), self._query(), {}
        logits = self._logits(dense)
        outputs = [dense.only(layer, query) for layer in range(SHAPES[job.model].layers)]
        for method in CHECKED:
            sparse = self._attention(method, budget=job.tokens)
            row[f"logits_error_{method}"] = _error(self._logits(sparse), logits)
            # The step above wrote the last position anew, from the same input: outputs differ by rounding alone.
            row[f"output_error_{method}"] = max(_error(sparse.only(layer, query), want) for layer, want in enumerate(outputs))
            if not row[f"output_error_{method}"] <= CHECK_TOLERANCE[self.options.dtype]:
                raise RuntimeError(f"expected SDPA's output from a budget of all tokens, but {method} is {row[f'output_error_{method}']:.3g} off")
        return row

    def _prefill(self, job: Job) -> Dict[str, Any]:
        """Time to the first token of a prompt, with and without codes, in turns."""
        prompt = torch.randint(SHAPES[job.model].vocabulary, (job.tokens,), device=self.device)

        def keep(layer: int, key: Tensor, value: Tensor) -> None:
            self.cache.kv[layer, 0, 0].copy_(key.transpose(0, 1))
            self.cache.kv[layer, 1, 0].copy_(value.transpose(0, 1))

        attention = self._attention(job.method)

        def keep_and_encode(layer: int, key: Tensor, value: Tensor) -> None:
            if layer < self.options.dense_layers:
                keep(layer, key, value)
            else:
                attention.encode(layer, key, value, 0)

        times: Dict[str, List[float]] = {"prefill_ms": [], "prefill_with_encode_ms": []}
        for i in range(PREFILL_RUNS + 1):
            for name, fill in zip(times, (keep, keep_and_encode)):
                milliseconds = _once(lambda fill=fill: self.decoder.prefill(prompt, fill), self.device)
                if i:
                    times[name].append(milliseconds)
        self._drop_case()  # the cache is no longer random
        return {**{name: statistics.median(values) for name, values in times.items()}, "repeats": PREFILL_RUNS}


def _error(got: Tensor, want: Tensor) -> float:
    return float((got.float() - want.float()).norm() / want.float().norm())


def _once(function: Callable[[], Any], device: torch.device) -> float:
    """Milliseconds of one call, no graph."""
    if device.type != "cuda":
        import time

        begin = time.perf_counter()
        function()
        return (time.perf_counter() - begin) * 1e3
    begin_event, end_event = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin_event.record()
    function()
    end_event.record()
    end_event.synchronize()
    return begin_event.elapsed_time(end_event)
