"""A stopped ticker ticks no more; its channel is not closed."""

from cluster import Ticker, after, select


async def main():
    t = Ticker(0.002)
    await t.c.recv()
    t.stop()
    index, _, _ = await select(t.c.recv(), after(0.01).recv())
    print("silence" if index else "got")
