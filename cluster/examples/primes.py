"""Primes counted on all cores: chunks over a channel of jobs, a pool of goroutines, a channel of results.

    cluster run -p 2 cluster/examples/primes.py [LIMIT]

There are more workers than cores on purpose. A goroutine runs until it must wait, and the channels
live on the M of main: while one worker of another M computes, the next chunks of its neighbours are
under way. Compare `-p 1` with `-p 2`; `--trace` shows who computed what.
"""

import sys

from cluster import Chan, WaitGroup, go

LIMIT = 400_000
CHUNK = 2_000
WORKERS = 16

Chunk = tuple[int, int]


def count_primes(begin: int, end: int) -> int:
    """How many primes there are from `begin` to before `end`. By trial division: slow is the point."""
    count = 0
    for number in range(max(begin, 2), end):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        count += divisor * divisor > number
    return count


async def cut(limit: int, jobs: Chan[Chunk]) -> None:
    """Send the chunks, the longest first: the short ones are for the end, when cores run out of work."""
    for begin in reversed(range(0, limit, CHUNK)):
        await jobs.send((begin, min(begin + CHUNK, limit)))
    jobs.close()


async def worker(jobs: Chan[Chunk], results: Chan[int], working: WaitGroup) -> None:
    """Count chunk after chunk until there are no more."""
    async for begin, end in jobs:
        await results.send(count_primes(begin, end))
    working.done()


async def close_after(working: WaitGroup, results: Chan[int]) -> None:
    """Close `results` when the last worker has ended."""
    await working.wait()
    results.close()


async def main(limit: int | None = None) -> int:
    if limit is None:
        limit = int(sys.argv[1]) if len(sys.argv) > 1 else LIMIT
    jobs, results = Chan[Chunk](), Chan[int]()
    working = WaitGroup()
    working.add(WORKERS)
    for _ in range(WORKERS):
        go(worker, jobs, results, working)
    go(close_after, working, results)
    go(cut, limit, jobs)
    total = 0
    async for count in results:
        total += count
    print(f"There are {total} primes below {limit}.")
    return total
