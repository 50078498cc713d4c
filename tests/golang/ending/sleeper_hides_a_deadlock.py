"""Who sleeps will wake: no deadlock, although all others wait."""

from cluster import Chan, go, sleep


async def main():
    c = Chan()

    async def sleeper():
        await sleep(0.005)
        await c.send("awake")

    go(sleeper)
    print(await c.recv())
