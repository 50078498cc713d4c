"""What examples there are, for `cluster demo`, for the documentation, and for the test that runs them all."""

from typing import Final, NamedTuple


class Example(NamedTuple):
    """A program of this directory. It prints `last_line` last, on however many Ms it runs."""

    name: str
    file: str  # in this directory
    says: str
    last_line: str


EXAMPLES: Final = (
    Example("hello", "hello.py", "the smallest program, for watching the scheduler start", "Hello, World!"),
    Example("sieve", "sieve.py", "the concurrent prime sieve: 100 goroutines in a growing chain", "541"),
    Example(
        "primes",
        "primes.py",
        "primes counted on all cores by a pool of goroutines",
        "There are 33860 primes below 400000.",
    ),
    Example("mandelbrot", "mandelbrot.py", "the Mandelbrot set, a goroutine per row", "534 of 2496 points are inside."),
    Example(
        "producer_consumer",
        "producer_consumer.py",
        "four producers and three consumers on one small channel",
        "4 producers made 2000 items, and each was consumed once.",
    ),
    Example(
        "pipeline",
        "pipeline.py",
        "stages joined by channels, the slow one on all cores",
        "1000 lines, digest 8212d86b694a9e05",
    ),
    Example(
        "worker_pool",
        "worker_pool.py",
        "nine jobs that wait, done by three workers",
        "results: 1² = 1, 2² = 4, 3² = 9, 4² = 16, 5² = 25, 6² = 36, 7² = 49, 8² = 64, 9² = 81",
    ),
    Example(
        "handoff",
        "handoff.py",
        "goroutines that block in time.sleep beside some that compute, told step by step",
        "4 goroutines have slept, and 2 have computed.",
    ),
    Example(
        "preempt",
        "preempt.py",
        "a ticker of 10 ms beside three hogs on one P, told step by step; and in asyncio",
        "A ticker has ticked beside 3 hogs.",
    ),
    Example("daisy_chain", "daisy_chain.py", "ten thousand goroutines in a row, and a message through all", "10001"),
    Example("echo", "echo.py", "an echo server and fifty clients over TCP", "50 clients heard 1000 lines."),
)
