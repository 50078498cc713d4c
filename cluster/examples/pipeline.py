"""A pipeline: stages joined by channels, the slow one in several copies, which end up on several Ms.

    cluster run -p 2 cluster/examples/pipeline.py

`texts` makes batches of lines, `stretch` is slow on purpose, `merged` puts back together what its
copies send. Channels are the same everywhere, so no stage knows which process the next one is in.
Source: "Go Concurrency Patterns: Pipelines and cancellation", the Go blog, by Sameer Ajmani.
"""

import os
from hashlib import sha256

from cluster import Chan, WaitGroup, go

BATCHES = 100
LINES = 10  # in a batch
COPIES = 6  # of the slow stage
ROUNDS = 1500

Batch = tuple[int, list[str]]
Digests = tuple[int, list[bytes], int]  # number of the batch, its digests, and the process that made them


async def texts(sink: Chan[Batch]) -> None:
    """First stage: batches of lines."""
    for number in range(BATCHES):
        await sink.send((number, [f"line {line} of batch {number}" for line in range(LINES)]))
    sink.close()


def stretched(text: str) -> bytes:
    """A digest that takes about half a millisecond."""
    digest = text.encode()
    for _ in range(ROUNDS):
        digest = sha256(digest).digest()
    return digest


async def stretch(source: Chan[Batch], sink: Chan[Digests], working: WaitGroup) -> None:
    """Second stage, in COPIES copies: a slow digest of each line."""
    async for number, lines in source:
        await sink.send((number, [stretched(line) for line in lines], os.getpid()))
    working.done()


async def close_after(working: WaitGroup, sink: Chan[Digests]) -> None:
    """Close `sink` when the last copy of the slow stage has ended."""
    await working.wait()
    sink.close()


async def merged(source: Chan[Digests], sink: Chan[list[Digests]]) -> None:
    """Last stage: everything that the copies sent, in the order of the batches."""
    await sink.send(sorted([digests async for digests in source]))


async def main() -> None:
    batches, digests, results = Chan[Batch](), Chan[Digests](), Chan[list[Digests]]()
    working = WaitGroup()
    working.add(COPIES)
    go(texts, batches)
    for _ in range(COPIES):
        go(stretch, batches, digests, working)
    go(close_after, working, digests)
    go(merged, digests, results)

    all_digests = await results.recv()
    processes = [pid for _, _, pid in all_digests]
    for pid in sorted(set(processes)):
        print(f"process {pid} digested {processes.count(pid)} of {BATCHES} batches")
    total = sha256(b"".join(digest for _, lines, _ in all_digests for digest in lines))
    print(f"{BATCHES * LINES} lines, digest {total.hexdigest()[:16]}")
