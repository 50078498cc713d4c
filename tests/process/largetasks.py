"""What the tests of large arguments and results submit."""

import mmap
import os
import signal
import time
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from cluster import sleep
from cluster.launch.depot import Depot
from tests.process.pooltasks import note, notes

T = TypeVar("T")


def found(array: NDArray[Any]) -> tuple[bool, bool, int]:
    """Whether an array of NumPy can be written to, whether it stands in a mapped file, and its sum."""
    array[0] += 1
    stands: Any = array
    while (below := getattr(stands, "base", None)) is not None:
        stands = below
    return bool(array.flags.writeable), isinstance(stands.obj, mmap.mmap), int(array.sum())


def same(value: T) -> T:
    return value


def kind(value: bytes | bytearray, **named: bytes) -> tuple[str, int, bytes, dict[str, int]]:
    return type(value).__name__, len(value), bytes(value[-3:]), {name: len(each) for name, each in named.items()}


def makes(size: int, _large: bytes = b"") -> bytearray:
    return bytearray(size)


async def waits(path: str, _large: object) -> None:
    note(path, "began")
    await sleep(1000)


def blocks(path: str, _large: object) -> None:
    note(path, "began")
    time.sleep(1000)


def kills_once(path: str, large: bytes) -> int:
    note(path, str(os.getpid()))
    if len(notes(path)) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return len(large)


def writes_and_dies(entry: str) -> None:
    """As an M that is killed between writing a result and telling of it."""
    assert Depot(Path(entry), once=False).put([bytes(100_000)])
    os.kill(os.getpid(), signal.SIGKILL)
