"""The program of acrossms.py: two goroutines, wired to two Ms, that pass an int over unbuffered channels.

Argument: how many hops. It prints one line as parties.py does: hops, nanoseconds, switches of both processes.
"""

import os
import sys
from time import perf_counter_ns

from cluster import Chan, go, lock_os_thread
from cluster.bench.parties import switches_of

SHORT_NS = 1_000_000  # of computing before the next one's turn: the other M takes what waits meanwhile
CANDIDATES = 8  # of which it takes half
TRIES = 100


def compute(for_ns: int) -> None:
    """Without awaiting."""
    end = perf_counter_ns() + for_ns
    while perf_counter_ns() < end:
        pass


async def candidate(home: int, where: Chan[int], there: Chan[int], back: Chan[int]) -> None:
    """Tell where this runs. If that is another M, stay there, and send back what comes, until nothing does."""
    compute(SHORT_NS)
    await where.send(os.getpid())
    if os.getpid() == home:
        return
    lock_os_thread()
    async for token in there:
        await back.send(token)


async def elsewhere(there: Chan[int], back: Chan[int]) -> int:
    """The process in which a goroutine is ready to send back what comes."""
    here = os.getpid()
    for _ in range(TRIES):
        where = Chan[int](CANDIDATES)
        for _ in range(CANDIDATES):
            go(candidate, here, where, there, back)
        places = [await where.recv() for _ in range(CANDIDATES)]
        if (far := max(places, key=lambda pid: pid != here)) != here:
            return far
    raise RuntimeError(f"no other M took a goroutine in {TRIES} tries")


async def main() -> None:
    """The program."""
    lock_os_thread()
    hops, here = int(sys.argv[1]), os.getpid()
    there, back = Chan[int](), Chan[int]()
    far = await elsewhere(there, back)
    await there.send(1)
    await back.recv()
    before, began = switches_of((here, far)), perf_counter_ns()
    for _ in range(hops // 2):
        await there.send(1)
        await back.recv()
    ns = perf_counter_ns() - began
    switches = switches_of((here, far)) - before if before >= 0 else -1
    print(hops // 2 * 2, ns, switches)
