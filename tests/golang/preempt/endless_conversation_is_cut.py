"""Two goroutines in endless conversation share one slice too, and do not starve who yielded."""

from cluster import Chan, go, gosched


async def main():
    a, b = Chan(), Chan()

    async def echo():
        async for v in a:
            await b.send(v)

    async def talk():
        while True:
            await a.send(0)
            await b.recv()

    go(echo)
    go(talk)
    for _ in range(3):
        await gosched()
    print("main ran")
