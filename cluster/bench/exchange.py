"""The program of storm.py: goroutines in a ring that hand values on, and check what they get.

Arguments: how many, rounds. In each round everybody sends `(who, round)` to its right and must get that of its
left. A third of the channels has no buffer, a third one of one, a third one of two, and neighbours send and receive in
opposite order. Prints one JSON object: how many ended, how many of these were who they should be and got all
they should, and how often one of them found itself in another process, which is at most how often they moved.
"""

import json
import os
import sys
from typing import NamedTuple

from cluster import Chan, go

CAPACITIES = 3


class Ended(NamedTuple):
    """What a goroutine tells in its `finally`."""

    who: int
    right: int  # values that were
    hops: int


async def exchanges(
    who: int, left: int, rounds: int, into: Chan[tuple[int, int]], out: Chan[tuple[int, int]], told: Chan[Ended]
) -> None:
    """One goroutine."""
    right = hops = 0
    here = os.getpid()
    try:
        for i in range(rounds):
            if who % 2:
                got = await into.recv()
                await out.send((who, i))
            else:
                await out.send((who, i))
                got = await into.recv()
            right += got == (left, i)
            hops += os.getpid() != here
            here = os.getpid()
    finally:
        await told.send(Ended(who, right, hops))


async def main() -> None:
    """The program. An end too many would be told in the place of another, or be found in the channel."""
    goroutines, rounds = map(int, sys.argv[1:])
    told = Chan[Ended](goroutines)
    ring = [Chan[tuple[int, int]](i % CAPACITIES) for i in range(goroutines)]
    for who in range(goroutines):
        left = (who - 1) % goroutines
        go(exchanges, who, left, rounds, ring[left], ring[who], told)
    del ring
    ended = [await told.recv() for _ in range(goroutines)]
    print(
        json.dumps(
            {
                "ended": len(ended) + len(told),
                "distinct": len({one.who for one in ended}),
                "right": sum(one.right == rounds for one in ended),
                "hops": sum(one.hops for one in ended),
            }
        )
    )
