"""Ten thousand goroutines in a row; each hears a number from its right and tells its left one more.

    cluster run cluster/examples/daisy_chain.py [HOW_MANY]

Goroutines are cheap: all of them exist, and wait, before the first word is said.
Source: "Go Concurrency Patterns", Google I/O 2012, by Rob Pike: Chinese whispers, gopher style.
"""

import sys

from cluster import Chan, go

HOW_MANY = 10_000


async def whisper(left: Chan[int], right: Chan[int]) -> None:
    """Hear a number and pass on one more."""
    await left.send(1 + await right.recv())


async def main(how_many: int | None = None) -> None:
    if how_many is None:
        how_many = int(sys.argv[1]) if len(sys.argv) > 1 else HOW_MANY
    leftmost = right = Chan[int]()
    for _ in range(how_many):
        left, right = right, Chan[int]()
        go(whisper, left, right)
    await right.send(1)
    print(await leftmost.recv())
