"""Main does not wait for sleepers."""

from cluster import go, gosched, sleep


async def main():
    async def sleeper():
        await sleep(3600)
        print("never")

    go(sleeper)
    await gosched()
    print("main returns")
