# Workers that fail, for the tests of worker.py; a process of its own imports them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import time
from typing import Any, List

from jobs import Job


def fails(connection: Any, _options: Any, todo: List[Job]) -> None:
    """A worker whose job of batch 2 ends the process, of 3 hangs, and of 4 breaks the device."""
    for job in todo:
        connection.send(("begin", job))
        if job.batch == 2:
            os._exit(7)
        if job.batch == 3:
            time.sleep(60)
        if job.batch == 4:
            connection.send(("end", {"error": "illegal address"}))
            raise SystemExit(3)
        connection.send(("end", {"token_ms": 1.0}))
    connection.send(("done", None))


def never_begins(_connection: Any, _options: Any, _todo: List[Job]) -> None:
    """A worker that ends before its first job."""
    os._exit(1)
