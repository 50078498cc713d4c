"""A sleep that is longer than any clock does not end early."""

from cluster import after, go, sleep


async def main():
    async def sleeper():
        await sleep(1e12)
        print("never")

    go(sleeper)
    await after(0.005).recv()
    print("main")
