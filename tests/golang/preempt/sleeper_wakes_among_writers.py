"""Goroutines that write for ever, and never wait, do not hold up one that sleeps."""

import os

from cluster import go, sleep


async def main():
    null = os.open(os.devnull, os.O_WRONLY)

    async def writer():
        while True:
            os.write(null, b".")

    go(writer)
    go(writer)
    await sleep(0.01)
    print("main woke")
