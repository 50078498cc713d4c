"""A select that is served is readied as any goroutine: last first, then in order."""

from cluster import Chan, go, gosched, select


async def main():
    shared, never = Chan(), Chan()

    async def selector(i):
        print(i, "got", (await select(shared.recv(), never.recv())).value)

    for i in range(4):
        go(selector, i)
        await gosched()
    for v in range(4):
        await shared.send(v)
    print("main")
    await gosched()
