"""Programs whose goroutines are on several Ms for certain: they go on making some until that is so."""

from textwrap import dedent
from typing import Final

SPREAD: Final = '''
import os
from cluster import Chan, Panic, go, gosched, sleep


async def begin(pids, fn, args):
    sum(range(20_000))
    await pids.send(os.getpid())
    await fn(*args)


async def spread(fn, *args, ms=2):
    """Start goroutines that run `fn(*args)` until they and we are on so many Ms; how many, and where."""
    count, pids, seen = 0, Chan(), {os.getpid()}
    while len(seen) < ms:
        for _ in range(20):
            go(begin, pids, fn, args)
        seen |= {await pids.recv() for _ in range(20)}
        count += 20
    return count, seen


async def nothing():
    pass


'''


def spreading(text: str) -> str:
    """A program that can use `spread`."""
    return SPREAD + dedent(text)
