"""After the ticker is stopped the deadlock is found."""

from cluster import Ticker, select


async def main():
    t = Ticker(0.001)
    await t.c.recv()
    t.stop()
    print("stopped")
    await select()
