"""Primes counted on all cores: a goroutine for each chunk of numbers, and a channel of results.

    cluster run -p 2 cluster/examples/primes.py [LIMIT]

main starts all goroutines on its own P. An M without work takes half of what has not begun (steal),
and half of the rest, until all cores are busy. A goroutine that has begun stays where it is, so there
are many of them, each short. Compare `-p 1` with `-p 2`; `--trace` shows who computed what.
"""

import sys

from cluster import Chan, go

LIMIT = 400_000
CHUNK = 2_000


def count_primes(begin: int, end: int) -> int:
    """How many primes there are from `begin` to before `end`. By trial division: slow is the point."""
    count = 0
    for number in range(max(begin, 2), end):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        count += divisor * divisor > number
    return count


async def count_chunk(begin: int, end: int, results: Chan[int]) -> None:
    """Count one chunk, and tell."""
    await results.send(count_primes(begin, end))


async def main(limit: int | None = None) -> int:
    if limit is None:
        limit = int(sys.argv[1]) if len(sys.argv) > 1 else LIMIT
    # From the top: the longest chunks first leave the shortest for the end, when cores run out of work.
    chunks = [(begin, min(begin + CHUNK, limit)) for begin in reversed(range(0, limit, CHUNK))]
    results = Chan[int](len(chunks))
    for begin, end in chunks:
        go(count_chunk, begin, end, results)
    total = 0
    for _ in chunks:
        total += await results.recv()
    print(f"There are {total} primes below {limit}.")
    return total
