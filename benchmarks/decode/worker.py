# A process that is asked a line and answers a line.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import json
import queue
import subprocess
import tempfile
import threading


class Worker:
    """Starts `command` when it is first asked, and again after it died or took too long: a benchmark that crashes costs its own
    case only."""

    def __init__(self, command, seconds):
        self.command, self.seconds = command, seconds
        self.process = None

    def ask(self, question):
        """The answer, a dict; one with the field `error` where there is none."""
        if self.process is None or self.process.poll() is not None:
            self.close()
            try:
                self._start()
            except OSError as error:
                return {"error": f"{self.command[0]}: {error.strerror}"}
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=self.seconds)
        except (OSError, queue.Empty) as error:
            reason = f"no answer in {self.seconds:.0f} s" if isinstance(error, queue.Empty) else "the process ended"
            return self._fail(reason)
        if line is None:
            return self._fail("the process ended")
        try:
            answer = json.loads(line)
        except ValueError:
            return self._fail(f"expected a line of JSON, but got {line[:200]!r}")
        if "error" in answer:
            self.close()  # an error of the device outlasts the case that met it
        return answer

    def _start(self):
        with contextlib.ExitStack() as stack:
            errors = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace"))
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8", errors="replace"
            )
            self.errors, self.opened = errors, stack.pop_all()
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout, self.lines), daemon=True)
        self.reader.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    def _fail(self, reason):
        self.process.kill()
        status = self.process.wait()
        self.errors.seek(0)
        # The last line that says something; after a crash frames of the stack follow it.
        said = [line for line in self.errors.read().splitlines() if line.strip() and not line.lstrip().startswith("#")]
        self.close()
        return {"error": f"{self.command[0]}: {reason} (status {status})" + (f": {said[-1]}" if said else "")}

    def close(self):
        """Ends the process, if there is one."""
        if self.process is None:
            return
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        # What it started may hold its output open; then the thread ends with us.
        self.reader.join(1)
        if not self.reader.is_alive():
            self.process.stdout.close()
        self.opened.close()
        self.process = None
