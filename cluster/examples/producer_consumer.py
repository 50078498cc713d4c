"""Producers and consumers on one channel with little room: whoever is too fast waits for the others.

    cluster run cluster/examples/producer_consumer.py

Nobody polls and nobody locks. The channel is closed by the one goroutine that knows that no producer
is left, and the consumers' loops end when it is closed and empty.
"""

from cluster import Chan, WaitGroup, go

PRODUCERS = 4
CONSUMERS = 3
ITEMS = 500  # of each producer
ROOM = 8

Item = tuple[int, int]  # who made it, and its number


async def produce(who: int, items: Chan[Item], producing: WaitGroup) -> None:
    """Make ITEMS items."""
    for number in range(ITEMS):
        await items.send((who, number))
    producing.done()


async def consume(items: Chan[Item], receipts: Chan[list[Item]]) -> None:
    """Take items until there are no more, and hand in a list of them."""
    taken = [item async for item in items]
    await receipts.send(taken)


async def close_after(producing: WaitGroup, items: Chan[Item]) -> None:
    """Close `items` when the last producer has ended."""
    await producing.wait()
    items.close()


def in_order(who: int, receipt: list[Item]) -> bool:
    """Whether a consumer saw the items of one producer in their order, as a channel promises."""
    numbers = [number for maker, number in receipt if maker == who]
    return numbers == sorted(numbers)


async def main() -> None:
    items, receipts = Chan[Item](ROOM), Chan[list[Item]]()
    producing = WaitGroup()
    producing.add(PRODUCERS)
    for who in range(PRODUCERS):
        go(produce, who, items, producing)
    for _ in range(CONSUMERS):
        go(consume, items, receipts)
    go(close_after, producing, items)

    taken: list[Item] = []
    for _ in range(CONSUMERS):
        receipt = await receipts.recv()
        print(f"one consumer took {len(receipt)} items")
        assert all(in_order(who, receipt) for who in range(PRODUCERS))
        taken += receipt
    assert sorted(taken) == [(who, number) for who in range(PRODUCERS) for number in range(ITEMS)]
    print(f"{PRODUCERS} producers made {len(taken)} items, and each was consumed once.")
