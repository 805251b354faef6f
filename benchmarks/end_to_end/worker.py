# Runs jobs in a process of its own, so that a job that breaks the device or hangs costs itself alone.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A kernel that reads wild memory leaves a CUDA context that serves nothing more: the process must end and another go on."""

import multiprocessing
import time
from typing import Any, Callable, Dict, Iterator, List, Tuple

from jobs import Job

Result = Tuple[Job, Dict[str, Any]]


def _work(connection: Any, options: Any, jobs: List[Job]) -> None:
    """The child: ("begin", job), then ("end", fields), for each job. Fields hold "error" where it failed."""
    import torch

    from session import Refused, Session

    session = Session(options)
    where = {
        "device": torch.cuda.get_device_name(session.device) if session.device.type == "cuda" else None,
        "torch": torch.__version__, "threads": torch.get_num_threads(),
    }
    for job in jobs:
        connection.send(("begin", job))
        try:
            fields = session.run(job)
        except Refused as refusal:
            fields = {"error": str(refusal), "refused": True}
        except Exception as error:  # one failure leaves the others
            # The traceback holds the frames, and they hold tensors.
            fields = {"error": f"{type(error).__name__}: {str(error).strip()[:300] or 'no message'}"}
            del error
            session.drop()
        if session.device.type == "cuda":
            try:
                torch.cuda.synchronize(session.device)
                fields["peak_gib"] = round(torch.cuda.max_memory_allocated(session.device) / 2**30, 2)
                torch.cuda.reset_peak_memory_stats(session.device)
            except RuntimeError as error:
                connection.send(("end", {"error": fields.get("error") or str(error).splitlines()[0], **where}))
                raise SystemExit(3) from None
        connection.send(("end", {**fields, **where}))
    connection.send(("done", None))


def run(
    options: Any, jobs: List[Job], seconds: float, seconds_of_job: float, work: Callable[[Any, Any, List[Job]], None] = _work
) -> Iterator[Result]:
    """(job, fields) as they come, in order. No job begins after `seconds`; one that takes longer than `seconds_of_job`, or ends its
    process, gets an error, and another process goes on with the next. Jobs that time left no room for are not yielded."""
    context, end = multiprocessing.get_context("spawn"), time.monotonic() + seconds
    pending = list(jobs)
    while pending and time.monotonic() < end:
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, options, pending), daemon=True)
        process.start()
        theirs.close()
        try:
            for job, fields in _follow(ours, process, seconds_of_job):
                pending.remove(job)
                yield job, fields
                if time.monotonic() >= end:
                    return
            process.join(10)
        finally:
            process.kill()
            process.join()
            ours.close()


def _follow(connection: Any, process: Any, seconds_of_job: float) -> Iterator[Result]:
    """Results of one process, until it is done or lost. Raises RuntimeError where it never began."""
    running = None
    while True:
        # Importing PyTorch and making a context come before the first job.
        late = not connection.poll(seconds_of_job)
        try:
            what, content = ("late", None) if late else connection.recv()
        except EOFError:
            process.join()
            what, content = "lost", process.exitcode
        if what == "begin":
            running = content
        elif what == "end":
            assert running is not None
            job, running = running, None
            yield job, content
        elif what == "done":
            return
        elif running is None and what == "lost" and content == 3:
            return  # it said why, and what failed
        elif running is None:
            raise RuntimeError(f"expected a process that measures, but it {_fate(what, content, seconds_of_job)} before a job began")
        else:
            yield running, {"error": f"expected a result, but the process {_fate(what, content, seconds_of_job)}"}
            return


def _fate(what: str, code: Any, seconds: float) -> str:
    return f"gave none for {seconds:.0f} s" if what == "late" else f"ended with status {code}"
