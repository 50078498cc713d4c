"""One run of one program: start it, show what it prints, and bring home how it ended."""

import os
import select
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from select import PIPE_BUF
from typing import Final, TextIO

from cluster.launch.client import Client
from cluster.model.errors import ClusterError, LostError, ProgramError
from cluster.wire.messages import (
    Accepted,
    AskStatus,
    Ended,
    Interrupt,
    Options,
    Output,
    Source,
    Span,
    StartProgram,
    Status,
    Step,
    ToClient,
    Traced,
)

Write = Callable[[int, bytes], None]  # (1 stdout or 2 stderr, whole lines)
Stop = Callable[[], bool]
Watch = Callable[[tuple[Span, ...], tuple[Step, ...]], None]

LOOKS_BEFORE_ASKING: Final = 10  # of client.LOOK_NS each, in which nothing came: does anybody work there?
NO_WORKER: Final = b"cluster: this cluster has no worker yet: the program waits. Start some with `worker --count 2`.\n"
BEAT_S: Final = 0.5  # between two signs of life of a client that waits for its reader
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells say it


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended: Ended, without its number."""

    kind: str
    code: int
    text: str
    value: bytes

    def check(self) -> None:
        """Raises what `run` raises for a program that did not return."""
        match self.kind:
            case "returned":
                return
            case "exit":
                if self.text:
                    print_to_streams(2, self.text.encode())
                raise SystemExit(self.code)
            case "lost":
                raise LostError(self.text.removeprefix("cluster.LostError: "))
            case "interrupted":
                raise ClusterError(f"the program was ended: {self.text}")
            case _:
                raise ProgramError(self.text, self.code)


def print_to_streams(stream: int, data: bytes) -> None:
    """Write bytes to this process's stdout or stderr, at once."""
    target = sys.stdout if stream == 1 else sys.stderr
    buffer = getattr(target, "buffer", None)
    if buffer is None:  # a notebook
        target.write(data.decode("utf-8", "replace"))
    else:
        target.flush()
        buffer.write(data)
    target.flush()


def patient(client: Client, write: Write) -> Write:
    """`write`, for a reader who may take his time, as a pager does: meanwhile the coordinator hears that we are there.

    What we do not take fills our link, and so slows the program down; it is not ended for that.
    """

    def write_when_read(stream: int, data: bytes) -> None:
        fd = _fd_of(sys.stdout if stream == 1 else sys.stderr)
        for at in range(0, len(data), PIPE_BUF if fd is not None else len(data)):
            while fd is not None and not select.select([], [fd], [], BEAT_S)[1]:
                client.beat()
            write(stream, data[at : at + PIPE_BUF] if fd is not None else data)

    return write_when_read


def _fd_of(target: TextIO) -> int | None:
    """Of a pipe, a socket or a terminal, whose reader may be slow."""
    try:
        fd = target.fileno()
        mode = os.fstat(fd).st_mode
    except (OSError, ValueError):  # a notebook's stream, or one that is closed
        return None
    return fd if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode) else None


def run_program(
    client: Client,
    name: str,
    source: Source,
    options: Options,
    main: bytes,
    write: Write = print_to_streams,
    watch: Watch | None = None,
    stop: Stop | None = None,
) -> Outcome:
    """Run a program to its end. Ctrl-C ends the program first, then raises KeyboardInterrupt.

    When `stop()` is true, which is asked every client.LOOK_NS, the program is ended as well.
    """
    pending = client.request(StartProgram(name, source, options, main))
    accepted = pending.pop(0)
    assert isinstance(accepted, Accepted), f"a program was started, and {type(accepted).__name__} came"
    ended: list[Ended] = []
    silent_looks = 0
    write = patient(client, write)

    def take(message: ToClient) -> None:
        match message:
            case Output(stream=stream, data=data):
                write(stream, data)
            case Traced(spans=spans, steps=steps):
                if watch is not None:
                    watch(spans, steps)
            case Ended():
                ended.append(message)
            case Status(ms=ms):
                if not ms:
                    write(2, NO_WORKER)
            case _:
                raise ClusterError(f"the coordinator sent {type(message).__name__} to a client that runs a program")

    try:
        while not ended:
            if stop is not None and stop():
                client.interrupt(Interrupt(accepted.program), take)
                break
            messages, pending = pending or client.receive(), []
            silent_looks += not messages
            if silent_looks == LOOKS_BEFORE_ASKING and not messages and client.joined:
                client.send(AskStatus())
            for message in messages:
                take(message)
    except KeyboardInterrupt:
        client.interrupt(Interrupt(accepted.program), take)
        raise
    if not ended:
        raise ClusterError("the program was to be ended, and the coordinator has not said that it was")
    last = ended[0]
    return Outcome(last.kind, last.code, last.text, last.value)
