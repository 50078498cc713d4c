"""Two goroutines that talk over unbuffered channels keep each other in runnext until they are done."""

from cluster import Chan, go, gosched


async def main():
    a, b = Chan(), Chan()

    async def pong():
        for _ in range(3):
            await a.recv()
            print("pong")
            await b.send(0)

    async def ping():
        for _ in range(3):
            await a.send(0)
            print("ping")
            await b.recv()

    go(pong)
    go(ping)
    go(print, "third")
    await gosched()
