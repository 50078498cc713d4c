"""A ticker beside three hogs on one P: goroutines that do not await are preempted after 10 ms.

    cluster run -p 1 -w 1 cluster/examples/preempt.py [SECONDS]
    cluster demo preempt

Every 10 ms the ticker is due, and notes by how much it is late. With GODEBUG=asyncpreemptoff=1 it does not tick
before a hog has ended. The last argument `json` prints every lateness.
"""

import json
import sys
import time
from collections.abc import Awaitable, Callable

from cluster import Chan, WaitGroup, go, sleep

SECONDS = 1.0
HOGS = 3
PERIOD_NS = 10_000_000
TURNS = 1000  # of a hog, between two looks at the clock


def compute(until_ns: int) -> None:
    """Arithmetic without an await, until that instant."""
    value = 1
    while time.monotonic_ns() < until_ns:
        for i in range(TURNS):
            value = (value * 1103515245 + i) & 0x7FFFFFFF


def next_due(due_ns: int, now_ns: int) -> int:
    """When the ticker is due again: as with Go's, the next tick that is not over yet; others are dropped."""
    return due_ns + PERIOD_NS * (1 + (now_ns - due_ns) // PERIOD_NS)


async def hog(until_ns: int, over: WaitGroup) -> None:
    """Never awaits."""
    compute(until_ns)
    over.done()


async def ticks(until_ns: int, rest: Callable[[float], Awaitable[object]]) -> list[int]:
    """Rests until it is due, again and again: how late it was each time, in ns. `rest` takes seconds."""
    late_ns: list[int] = []
    now_ns = time.monotonic_ns()
    due_ns = now_ns + PERIOD_NS
    while due_ns < until_ns:
        await rest((due_ns - now_ns) / 1e9)
        now_ns = time.monotonic_ns()
        late_ns.append(now_ns - due_ns)
        due_ns = next_due(due_ns, now_ns)
    return late_ns


async def ticker(until_ns: int, lateness: Chan[list[int]]) -> None:
    """Ticks, and in the end tells how late it was each time."""
    await lateness.send(await ticks(until_ns, sleep))


async def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    until_ns = time.monotonic_ns() + int(seconds * 1e9)
    lateness, over = Chan[list[int]](1), WaitGroup()
    over.add(HOGS)
    for _ in range(HOGS):
        go(hog, until_ns, over)
    go(ticker, until_ns, lateness)
    await over.wait()
    late_ns = await lateness.recv()
    if "json" in sys.argv:
        print(json.dumps(late_ns))
    else:
        print(f"{len(late_ns)} ticks; the latest was late by {max(late_ns, default=0) / 1e6:.1f} ms")
    print(f"A ticker has ticked beside {HOGS} hogs.")
