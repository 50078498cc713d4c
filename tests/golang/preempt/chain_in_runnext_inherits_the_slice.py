"""Goroutines that ready each other by turns share one slice: who stands in the queue behind them gets its turn,
though neither of the two is ever cut in a loop of its own.
"""

import time

from cluster import Chan, go, sleep


async def main():
    stop = False
    ping, pong = Chan(), Chan()

    async def answers():
        async for _ in ping:
            await pong.send(True)

    async def asks():
        while not stop:
            await ping.send(True)
            await pong.recv()
        pong.close()

    go(answers)
    go(asks)
    begin = time.monotonic()
    got = Chan(3)
    for i in range(3):
        go(got.send, i)
    await sleep(0.001)
    a, b, c = await got.recv(), await got.recv(), await got.recv()
    stop = True
    print(a, b, c, time.monotonic() - begin < 1)
