"""A WaitGroup that nobody counts down."""

from cluster import WaitGroup, go


async def main():
    wg = WaitGroup()
    wg.add(2)
    go(wg.done)
    await wg.wait()
