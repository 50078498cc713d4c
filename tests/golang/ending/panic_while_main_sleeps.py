"""A goroutine that panics while all others sleep or wait ends the program at once."""

from cluster import go, panic, sleep


async def main():
    async def one():
        await sleep(0.002)
        panic("meanwhile")

    go(one)
    await sleep(3600)
