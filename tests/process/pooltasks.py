"""What the tests of pools submit."""

import ctypes
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import cluster
from cluster import Chan, go, sleep
from cluster.bench.badtasks import HeldError, OddError


def square(x: int) -> int:
    return x * x


async def square_later(x: int) -> int:
    await sleep(0.001)
    return x * x


def fails(text: str) -> None:
    raise LookupError(text)


def raises_odd() -> None:
    raise OddError("home", 7)


def raises_held() -> None:
    raise HeldError


def returns_a_lock() -> object:
    return threading.Lock()


class Unreadable:
    """Can be written, and not be read."""

    def __reduce__(self) -> tuple[object, ...]:
        return fails, ("it cannot be read",)


def returns_unreadable() -> object:
    return Unreadable()


def exits() -> None:
    sys.exit(3)


def ends_the_process() -> None:
    os._exit(7)


def kills_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crashes() -> None:
    ctypes.string_at(0)


def fills_its_memory() -> object:
    return bytearray(1 << 62)


def pid() -> int:
    return os.getpid()


def note(path: str, text: str) -> None:
    """Append a line, in one write."""
    with open(path, "a") as file:
        file.write(text + "\n")


def notes(path: str) -> list[str]:
    return Path(path).read_text().split() if Path(path).exists() else []


def notes_and_kills(path: str) -> None:
    note(path, str(os.getpid()))
    kills_itself()


def kills_once(path: str) -> str:
    if not notes(path):
        notes_and_kills(path)
    return "the second time"


def blocks(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def spins(path: str) -> None:
    note(path, "began")
    try:
        while True:
            pass
    finally:
        note(path, "finally")


async def waits(path: str) -> None:
    note(path, "began")
    try:
        await sleep(1000)
    finally:
        note(path, "finally")


async def waits_for_ever() -> None:
    await Chan[int]().recv()


async def panics_elsewhere() -> None:
    """A goroutine that a task has started ends the program of the pool, not the task."""
    go(fails, "in a goroutine")
    await sleep(1000)


async def sums(n: int) -> int:
    """Goroutines of a task talk over a channel."""
    ch = Chan[int]()
    for i in range(n):
        go(ch.send, i)
    return sum([await ch.recv() for _ in range(n)])


READY: list[str] = []


def gets_ready(word: str) -> None:
    READY.append(word)


def ready() -> list[str]:
    return READY


def is_not_ready() -> None:
    raise LookupError("not ready")


def version() -> str:
    return cluster.__name__


async def waits_for_ever_but_a_second(x: int) -> None:
    """Not a deadlock, since it sleeps."""
    await sleep(1000 * x)


def blocks_and_notes(path: str) -> None:
    note(path, "began")
    time.sleep(1000)


def matches_for_years(path: str) -> None:
    """A call of C that keeps the GIL."""
    note(path, "began")
    re.match(r"(a+)+$", "a" * 60 + "b")
