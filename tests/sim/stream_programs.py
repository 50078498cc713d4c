"""Programs that send many values over buffered channels, from any M to any M, while others meddle.

Each value says who sent it and when, so that a receiver knows that nothing of one sender overtakes another.
"""

from cluster.kernel.chan import Chan
from cluster.kernel.sched import go, gosched, sleep
from cluster.kernel.select import default, select
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import Panic
from tests.sim.nodes import burn

Value = tuple[int, int] | list[int]
SLICE = 20_000  # ns: what one piece of work takes
CODE = 1000  # a plain value is sender * CODE + number


async def sender(ch: Chan[object], me: int, n: int, done: WaitGroup) -> None:
    burn(SLICE)
    for number in range(n):
        await ch.send([me, number] if number % 3 == 0 else me * CODE + number)
        if number % 50 == 0:
            burn(SLICE)
    done.done()


async def closer(ch: Chan[object], done: WaitGroup) -> None:
    await done.wait()
    ch.close()


def checked(last: dict[int, int], value: object) -> None:
    """Count a value; nothing of its sender may have come that was sent later."""
    me, number = value if isinstance(value, list) else divmod(value, CODE)  # type: ignore[call-overload]
    assert number > last.get(me, -1), f"{number} of {me} came after {last[me]}"
    last[me] = number


async def receiver(ch: Chan[object], got: Chan[int], lazy: bool) -> None:
    burn(SLICE)
    last: dict[int, int] = {}
    count = 0
    async for value in ch:
        checked(last, value)
        count += 1
        if lazy and count % 7 == 0:
            burn(SLICE)
            await gosched()
    await got.send(count)


async def streams(senders: int, receivers: int, n: int, cap: int) -> int:
    """So many values are received as are sent, each sender's in order."""
    ch, got, done = Chan[object](cap), Chan[int](), WaitGroup()
    done.add(senders)
    for me in range(senders):
        go(sender, ch, me, n, done)
    for i in range(receivers):
        go(receiver, ch, got, i % 2 == 1)
    go(closer, ch, done)
    return sum([await got.recv() for _ in range(receivers)])


async def scattered(pairs: int, n: int, cap: int) -> int:
    """Pairs with a channel each: their ends come to be on all Ms."""
    got = Chan[int]()
    for me in range(pairs):
        ch, done = Chan[object](cap), WaitGroup()
        done.add(1)
        go(receiver, ch, got, False)
        go(sender, ch, me, n, done)
        go(closer, ch, done)
    return sum([await got.recv() for _ in range(pairs)])


async def meddler(ch: Chan[object], got: Chan[int], how: int) -> None:
    """Somebody else looks at the channel now and then, in one of the ways that there are."""
    count = 0
    last: dict[int, int] = {}
    for _ in range(12):
        await sleep(0.0007)
        if how == 0:
            assert 0 <= len(ch) <= ch.cap
            continue
        if how == 1:
            _, value, ok = await select(ch.recv(), default)
        elif how == 2:
            other = Chan[object]()
            _, value, ok = await select(ch.recv(), other.recv())
        else:
            value, ok = await ch.recv_ok()
        if ok:
            checked(last, value)
            count += 1
    await got.send(count)


async def meddled(senders: int, n: int, cap: int, how: int) -> int:
    """As `streams`, with one receiver and somebody who meddles."""
    ch, got, done = Chan[object](cap), Chan[int](), WaitGroup()
    done.add(senders)
    for me in range(senders):
        go(sender, ch, me, n, done)
    go(receiver, ch, got, False)
    go(meddler, ch, got, how)
    go(closer, ch, done)
    return await got.recv() + await got.recv()


async def tries(ch: Chan[object], got: Chan[int], n: int) -> None:
    """Send without waiting, so often that it was done n times."""
    sent = 0
    while sent < n:
        index, _, _ = await select(ch.send(7 * CODE + sent), default)
        sent += index == 0
        if index:
            await sleep(0.0003)
    await got.send(0)


async def tried(n: int, cap: int) -> int:
    """A stream, and somebody who sends only when there is room."""
    ch, got, done = Chan[object](cap), Chan[int](), WaitGroup()
    done.add(1)
    go(sender, ch, 1, n, done)
    go(receiver, ch, got, True)
    go(tries, ch, got, 20)
    await got.recv()
    await done.wait()
    ch.close()
    return await got.recv()


async def tokens(holders: int, rounds: int, cap: int) -> int:
    """A buffered channel as a counting semaphore: never more than `cap` hold one. The most that did."""
    ch, changes, done = Chan[object](cap), Chan[int](), WaitGroup()
    done.add(holders)

    async def holder() -> None:
        for _ in range(rounds):
            await ch.send(1)
            await changes.send(1)
            await changes.send(-1)
            await ch.recv()
        done.done()

    async def end() -> None:
        await done.wait()
        changes.close()

    for _ in range(holders):
        go(holder)
    go(end)
    held = most = 0
    async for change in changes:
        held += change
        most = max(most, held)
    assert most <= cap, f"{most} hold one of {cap}"
    return held


async def closed_under(n: int, cap: int) -> str:
    """Somebody closes the channel of a sender that goes on: it panics, and what was sent before is received."""
    ch, got = Chan[object](cap), Chan[object]()

    async def goes_on() -> None:
        burn(SLICE)
        sent = 0
        try:
            while True:
                await ch.send(sent)
                sent += 1
        except Panic as panic:
            await got.send(str(panic))

    go(goes_on)
    for number in range(n):
        assert await ch.recv() == number
    ch.close()
    number = n
    async for value in ch:
        assert value == number
        number += 1
    text = await got.recv()
    assert isinstance(text, str)
    return text
