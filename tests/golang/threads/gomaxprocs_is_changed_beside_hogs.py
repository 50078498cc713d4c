"""Stopping the world preempts who computes: the number of Ps changes again and again beside two loops."""

import time

from cluster import go, gomaxprocs, gosched

stop = []


def spin():
    while not stop:
        pass


async def main():
    go(spin)
    go(spin)
    begin = time.monotonic()
    seen = []
    for n in [2, 1, 3, 1]:
        seen.append(str(await gomaxprocs(n)))
        await gosched()
    stop.append(True)
    print(f"[{' '.join(seen)}]", time.monotonic() - begin < 2)
