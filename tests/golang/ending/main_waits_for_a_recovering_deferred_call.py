"""A deferred call that has recovered counts to its end: main waits for it."""

from cluster import Panic, go, gosched


async def main():
    async def recovers():
        try:
            raise Panic("boom")
        except Panic:
            for _ in range(20):
                await gosched()
            print("recovered")

    go(recovers)
    await gosched()
    print("main returns")
