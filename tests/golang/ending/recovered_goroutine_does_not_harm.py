"""A goroutine that recovers ends quietly, and the program goes on."""

from cluster import Chan, Panic, go, panic


async def main():
    done = Chan()

    async def one(i):
        try:
            panic(i)
        except Panic as p:
            await done.send(p.value)

    for i in range(3):
        go(one, i)
    print(await done.recv(), await done.recv(), await done.recv())
