"""Who reads slowly loses ticks: at most one is pending."""

from cluster import Ticker, default, select, sleep


async def main():
    t = Ticker(0.002)
    await sleep(0.015)
    print(len(t.c), t.c.cap)
    t.stop()
    await t.c.recv()
    index, _, _ = await select(t.c.recv(), default)
    print("one" if index else "another")
