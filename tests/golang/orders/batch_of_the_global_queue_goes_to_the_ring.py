"""A batch that comes from the global queue stands in the ring: what is started next overtakes it."""

from cluster import go, gosched


async def main():
    async def one(name):
        await gosched()
        print(name)
        go(print, name + "'s child")
        await gosched()
        print(name + " again")

    for name in "abc":
        go(one, name)
    for _ in range(4):
        await gosched()
        print("main")
