"""The program of sysmon.py: goroutines that rest, block, compute and change GOMAXPROCS; who waits prints how long.

Arguments: which of REACTIONS, and how many samples. Each line is one, in nanoseconds. CLOCK_MONOTONIC is one for all
processes. A goroutine that computes does so without awaiting; one that blocks calls `time.sleep`.
"""

import os
import sys
import time
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from cluster import Chan, go, gomaxprocs, gosched, sleep

REST_S: Final = 0.03  # after which an M that has nothing to do has given its P back
HOG_NS: Final = 40_000_000  # some slices
BLOCK_S: Final = 0.1
SHORT_NS: Final = 2_000_000


def compute(for_ns: int) -> None:
    """Without awaiting."""
    end = monotonic_ns() + for_ns
    while monotonic_ns() < end:
        pass


async def tells(out: Chan[tuple[int, int]]) -> None:
    """When it first runs, and where."""
    await out.send((monotonic_ns(), os.getpid()))


async def answers(where: Chan[int], asked: Chan[int], answered: Chan[int]) -> None:
    """Tell each time how long ago it was asked."""
    await where.send(os.getpid())
    while True:
        await answered.send(-await asked.recv() + monotonic_ns())


async def waking(samples: int) -> None:
    """A message to a goroutine of an M that is idle, until it has it."""
    where, asked, answered = Chan[int](1), Chan[int](), Chan[int]()
    far = os.getpid()
    while far == os.getpid():
        asked = Chan[int]()
        go(answers, where, asked, answered)
        compute(SHORT_NS)  # so that another M takes it
        far = await where.recv()
    for _ in range(samples):
        await sleep(REST_S)
        await asked.send(monotonic_ns())
        print(await answered.recv())


async def retaken(samples: int) -> None:
    """A goroutine blocks its M, until another of that M runs elsewhere."""
    out = Chan[tuple[int, int]](1)
    while samples:
        go(tells, out)
        here, began = os.getpid(), monotonic_ns()
        time.sleep(BLOCK_S)
        ran, pid = await out.recv()
        if pid != here:
            print(ran - began)
            samples -= 1


async def hog(began: list[int], done: Chan[None]) -> None:
    """Compute; says when it began."""
    began.append(monotonic_ns())
    compute(HOG_NS)
    await done.send(None)


async def preempted(samples: int) -> None:
    """A goroutine computes, until the next one of its P runs."""
    done = Chan[None]()
    for _ in range(samples):
        began: list[int] = []
        go(hog, began, done)
        while not began:
            await gosched()
        print(monotonic_ns() - began[0])
        await done.recv()


async def for_ever() -> None:
    """Compute."""
    while True:
        compute(HOG_NS)


async def stopped(samples: int) -> None:
    """`gomaxprocs` beside two goroutines that compute: all Ps are stopped, and there is one more or one less."""
    go(for_ever)
    go(for_ever)
    await sleep(REST_S)
    for i in range(samples):
        await sleep(0.001)
        began = monotonic_ns()
        await gomaxprocs(1 + i % 2)
        print(monotonic_ns() - began)


async def made(samples: int) -> None:
    """A goroutine is made, a P is idle, and there is no M for it: until it runs on a new one."""
    out = Chan[tuple[int, int]](1)
    for _ in range(samples):
        go(tells, out)
        began = monotonic_ns()
        compute(HOG_NS)
        ran, pid = await out.recv()
        if pid != os.getpid():
            print(ran - began)


async def resting(samples: int) -> None:
    """Nothing happens for so many milliseconds."""
    print(os.getpid())
    await sleep(samples / 1000)


REACTIONS: Final[dict[str, Callable[[int], object]]] = {
    reaction.__name__: reaction for reaction in (waking, retaken, preempted, stopped, made, resting)
}


async def main() -> None:
    """The program."""
    await REACTIONS[sys.argv[1]](int(sys.argv[2]))  # type: ignore[misc]  # all of them are async
