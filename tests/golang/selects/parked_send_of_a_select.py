"""A select that waits to send is served when a receiver comes, and its value arrives."""

from cluster import Chan, go, gosched, select


async def main():
    a, b = Chan(), Chan(1)
    await b.send(0)

    async def selector(i):
        index, _, _ = await select(a.send(i), b.send(10 * i))
        print("sent to", "ab"[index], i)

    for i in range(1, 3):
        go(selector, i)
        await gosched()
    for _ in range(3):
        print(await b.recv(), len(b))
    await gosched()
