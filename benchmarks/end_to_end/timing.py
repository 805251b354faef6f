# Times a function that launches work: CUDA graphs and events on a GPU, the clock on a CPU.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import statistics
import time
from typing import Any, Callable, List

import torch

WARMUP = 3


class Steps:
    """A function captured into one CUDA graph on a stream of its own; on a CPU the function itself.

    Warm-up runs on the stream that captures, so that kernels are compiled and workspaces of that stream made before.
    """

    def __init__(self, function: Callable[[], Any], device: torch.device):
        self.device = device
        if device.type != "cuda":
            self._run = function
            function()
            return
        stream = torch.cuda.Stream(device)
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):
            for _ in range(WARMUP):
                function()
        stream.synchronize()
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, stream=stream):
            self._kept = function()
        self._run = self._graph.replay

    def __call__(self) -> None:
        self._run()

    def milliseconds(self, repeats: int) -> List[float]:
        """Times of `repeats` runs, back to back as a generating loop has them, after some that are not counted."""
        if self.device.type != "cuda":
            times = []
            for _ in range(repeats):
                begin = time.perf_counter()
                self._run()
                times.append((time.perf_counter() - begin) * 1e3)
            return times
        events = [torch.cuda.Event(enable_timing=True) for _ in range(repeats + 1)]
        for _ in range(WARMUP):
            self._run()
        events[0].record()
        for event in events[1:]:
            self._run()
            event.record()
        torch.cuda.synchronize(self.device)
        return [before.elapsed_time(after) for before, after in zip(events, events[1:])]

    def median(self, repeats: int) -> float:
        return statistics.median(self.milliseconds(repeats))


def host_microseconds(
    calls: List[Callable[[], Any]], device: torch.device, rounds: int, before: Callable[[], None] = lambda: None
) -> float:
    """Microseconds of the host for a call, median over rounds of all `calls`, with `before` ahead of each. The device is idle when
    a round begins and nothing waits for it within one, so queues stay short; on a CPU the work itself counts."""
    times = []
    for i in range(rounds + WARMUP):
        before()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        begin = time.perf_counter()
        for call in calls:
            call()
        seconds = time.perf_counter() - begin
        if i >= WARMUP:
            times.append(seconds * 1e6 / len(calls))
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return statistics.median(times)
