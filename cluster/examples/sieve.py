"""The concurrent prime sieve: each prime adds a goroutine that lets through what it does not divide.

    cluster run cluster/examples/sieve.py [HOW_MANY]

The chain hands one number at a time from channel to channel, so this program does little but switch
goroutines. Source: the last example of the tutorial that came with Go's first release, by Rob Pike.
"""

import sys

from cluster import Chan, go

HOW_MANY = 100


async def generate(numbers: Chan[int]) -> None:
    """Send 2, 3, 4, … for ever."""
    number = 2
    while True:
        await numbers.send(number)
        number += 1


async def let_through(source: Chan[int], sink: Chan[int], prime: int) -> None:
    """Pass on what `prime` does not divide, for ever."""
    while True:
        number = await source.recv()
        if number % prime:
            await sink.send(number)


async def main(how_many: int | None = None) -> None:
    if how_many is None:
        how_many = int(sys.argv[1]) if len(sys.argv) > 1 else HOW_MANY
    numbers = Chan[int]()
    go(generate, numbers)
    for _ in range(how_many):
        prime = await numbers.recv()
        print(prime)
        left = Chan[int]()
        go(let_through, numbers, left, prime)
        numbers = left
