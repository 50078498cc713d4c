"""What goroutines print: `sys.stdout` and `sys.stderr` of an M.

A line goes to the program that printed it, in one piece; the outbox keeps it in causal order with
all else that its goroutine does. What is printed outside of any program goes to the process's own
stream. While the main file is imported, only the M that will run `main` prints: every M imports it.
"""

import io
import sys
from collections.abc import Callable
from typing import Final

from cluster.kernel.g import G
from cluster.kernel.sched import current_goroutine
from worker.core.machine import Machine
from worker.core.programs import Hosted

STDOUT: Final = 1
STDERR: Final = 2
EARLY_MAX: Final = 10_000  # pieces that a main file prints when it is imported on an M that may never run main


class ProgramStream(io.TextIOBase):
    """A text stream that belongs to whichever program is executing."""

    def __init__(
        self, machine: Machine, stream: int, own: io.TextIOBase, caller: Callable[[], G | None] = lambda: None
    ) -> None:
        self._caller: Final = caller  # for whom a helper thread prints
        self._machine: Final = machine
        self._stream: Final = stream
        self._own: Final = own
        self.buffer: Final = _Bytes(self)

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute in typeshed
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "surrogateescape"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """The process's own stream, for subprocesses."""
        return self._own.fileno()

    def write(self, text: str, /) -> int:
        g = self._caller() or current_goroutine()
        hosted = self._program(g)
        if hosted is None:
            if self._machine.loading is None:
                self._own.write(text)
            return len(text)
        if hosted.closed:
            return len(text)
        if hosted is self._machine.loading and not hosted.runs_main:
            if len(hosted.printed_early) < EARLY_MAX:
                hosted.printed_early.append((self._stream, text.encode("utf-8", "surrogateescape")))
            return len(text)
        if ended := hosted.lines[self._stream].write(g, text):
            self._emit(hosted, ended)
        return len(text)

    def flush(self) -> None:
        """Send the line that has not ended, too: somebody wants it seen."""
        hosted = self._program(self._caller() or current_goroutine())
        if hosted is None:
            self._own.flush()
        elif not hosted.closed and (text := hosted.lines[self._stream].flush()):
            self._emit(hosted, text)

    def _emit(self, hosted: Hosted, text: str) -> None:
        if hosted.watched:
            self._machine.before_output(hosted)
        self._machine.outbox.output(hosted.id, self._stream, text.encode("utf-8", "surrogateescape"))

    def _program(self, g: G | None) -> Hosted | None:
        if g is not None:
            return self._machine.programs.get(g.program.id)
        loading = self._machine.loading
        return loading if loading is not None and loading.options.by_path else None


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer`: bytes, which go the way of text."""

    def __init__(self, text: ProgramStream) -> None:
        self._text: Final = text

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override]
        written = bytes(data)
        self._text.write(written.decode("utf-8", "surrogateescape"))
        return len(written)

    def flush(self) -> None:
        self._text.flush()


def capture(machine: Machine, caller: Callable[[], G | None]) -> None:
    """From now on what is printed in this process belongs to programs; on a helper thread to that of `caller`."""
    sys.stdout = ProgramStream(machine, STDOUT, sys.stdout, caller)  # type: ignore[arg-type]
    sys.stderr = ProgramStream(machine, STDERR, sys.stderr, caller)  # type: ignore[arg-type]
