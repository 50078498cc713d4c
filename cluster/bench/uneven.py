"""The program of imbalance.py: goroutines that live long, and all begin on one M.

Arguments: how many, rounds, loops, and perhaps `split`. Each round is `loops` turns of arithmetic, then a
value to the partner and one from it, over channels with a buffer of one. They start on one P and wait at a
gate: so each has run, and none has computed. Then the second P is allowed, and the gate opens. With `split`
half of the pairs are made on each of two Ms, with their channels: nobody needs to move. Prints one JSON
object: when that was, when all were through, the processes in which they began and ended, and the processor's
time that the arithmetic took in all.
"""

import json
import os
import sys
from statistics import median
from time import monotonic_ns, process_time_ns, thread_time_ns

from cluster import Chan, go, gomaxprocs


def compute(loops: int) -> int:
    """The same work for everybody: so many turns."""
    value = 1
    for i in range(loops):
        value = (value * 1103515245 + i) & 0x7FFFFFFF
    return value


async def works(
    rounds: int, loops: int, gate: Chan[int], out: Chan[int], into: Chan[int], told: Chan[tuple[int, int]]
) -> None:
    """One goroutine. `told` has its process when it begins and when it ends, and then the time of its arithmetic.

    That is by the median: a round in which it was preempted has the time of others in it, too.
    """
    took_ns = []
    await told.send((os.getpid(), 0))
    await gate.recv()
    for _ in range(rounds):
        begin_ns = thread_time_ns()
        value = compute(loops)
        took_ns.append(thread_time_ns() - begin_ns)
        await out.send(value)
        await into.recv()
    await told.send((os.getpid(), int(median(took_ns)) * rounds))


def start(goroutines: int, rounds: int, loops: int, gate: Chan[int], told: Chan[tuple[int, int]]) -> None:
    """So many of them, in pairs, whose channels are here."""
    for first in range(0, goroutines, 2):
        there, back = Chan[int](1), Chan[int](1)
        alone = first + 1 == goroutines
        go(works, rounds, loops, gate, there, there if alone else back, told)
        if not alone:
            go(works, rounds, loops, gate, back, there, told)


async def start_elsewhere(
    here: int, begun: Chan[bool], goroutines: int, rounds: int, loops: int, gate: Chan[int], told: Chan[tuple[int, int]]
) -> None:
    """`start`, unless this process is `here`; whether that was so."""
    if os.getpid() != here:
        start(goroutines, rounds, loops, gate, told)
    await begun.send(os.getpid() != here)


async def main() -> None:
    """The program."""
    goroutines, rounds, loops = map(int, sys.argv[1:4])
    split = "split" in sys.argv
    before = await gomaxprocs(2 if split else 1)
    gate, told = Chan[int](), Chan[tuple[int, int]]()
    mine, begun = goroutines, Chan[bool](1)
    while split and mine == goroutines:
        go(start_elsewhere, os.getpid(), begun, goroutines // 2, rounds, loops, gate, told)
        for _ in range(8):  # keep this M, so that the other one takes it
            compute(loops)
        mine -= goroutines // 2 if await begun.recv() else 0
    start(mine, rounds, loops, gate, told)
    began = [await told.recv() for _ in range(goroutines)]
    begin_ns = monotonic_ns()
    await gomaxprocs(before)
    gate.close()
    ended = [await told.recv() for _ in range(goroutines)]
    end_ns = monotonic_ns()
    told_of = {"began": [pid for pid, _ in began], "ended": [pid for pid, _ in ended]}
    arithmetic_ns = sum(ns for _, ns in ended)
    print(json.dumps({"begin_ns": begin_ns, "end_ns": end_ns, "arithmetic_ns": arithmetic_ns, **told_of}))


def bare() -> None:
    """The arithmetic alone, in this process, when a line comes on stdin. Arguments: times, loops."""
    times, loops = map(int, sys.argv[1:])
    compute(loops)
    print("ready", flush=True)
    sys.stdin.readline()
    cpu_ns = process_time_ns()
    for _ in range(times):
        compute(loops)
    print(json.dumps({"end_ns": monotonic_ns(), "cpu_ns": process_time_ns() - cpu_ns}), flush=True)
