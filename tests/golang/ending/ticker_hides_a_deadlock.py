"""A live ticker hides a deadlock for as long as it lives."""

from cluster import Ticker, after_func, exit, select


async def main():
    def end():
        print("still there")
        exit(3)

    ticker = Ticker(0.005)
    after_func(0.03, end)
    await select()
    ticker.stop()
