"""Goroutines that block in a call that nobody declared, beside goroutines that compute: the P is handed off.

    cluster run -p 2 --explain cluster/examples/handoff.py [SECONDS]
    cluster demo handoff

`time.sleep` blocks the whole process, and so the M. The sysmon thread of that M sees it; the P, with all that
can move, goes to another M, which is forked if none is idle; the goroutine that comes back stands in line for a
P. So four sleepers of a second are done in about a second, on two Ps that compute all the while.
"""

import sys
import time

from cluster import WaitGroup, go, gosched

SECONDS = 0.25
SLEEPERS = 4
HOGS = 2
LONGER = 1.4  # a hog computes for so many times the sleep: until after the last sleeper is back
PIECE = 0.005  # seconds of arithmetic: less than a slice
TURNS = 1000  # between two looks at the clock


def compute(until: float) -> None:
    """Arithmetic without an await, until that instant."""
    value = 1
    while time.monotonic() < until:
        for i in range(TURNS):
            value = (value * 1103515245 + i) & 0x7FFFFFFF


async def sleeps(seconds: float, slept: WaitGroup) -> None:
    """Blocks its M, and says so to nobody. Then it needs a P again, and stands in line for one."""
    time.sleep(seconds)
    await gosched()
    slept.done()


async def computes(until: float, computed: WaitGroup) -> None:
    """Keeps a core busy. Between two pieces it can move, to whichever P is idle."""
    while (now := time.monotonic()) < until:
        compute(min(now + PIECE, until))
        await gosched()
    computed.done()


async def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    slept, computed = WaitGroup(), WaitGroup()
    began = time.monotonic()
    computed.add(HOGS)
    for _ in range(HOGS):
        go(computes, began + LONGER * seconds, computed)
    slept.add(SLEEPERS)
    for _ in range(SLEEPERS):
        go(sleeps, seconds, slept)
    await slept.wait()
    print(f"the sleepers were back after {time.monotonic() - began:.2f} s")
    await computed.wait()
    print(f"{SLEEPERS} goroutines have slept, and {HOGS} have computed.")
