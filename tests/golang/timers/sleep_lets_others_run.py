"""Who sleeps leaves its P to the others, and does not wake too early."""

import time

from cluster import go, sleep


async def main():
    start = time.monotonic()
    for i in range(3):
        go(print, i)
    await sleep(0.005)
    print("main", time.monotonic() - start >= 0.005)
