"""Go's own tests of select, at their size or smaller, on one M."""

from collections import Counter
from random import Random

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import go, gosched, here
from cluster.kernel.select import default, select
from cluster.kernel.waitgroup import WaitGroup
from tests.fakes import run


def test_two_selects_that_send_and_receive_on_one_channel_meet() -> None:
    """TestSelfSelect of Go's runtime/chan_test.go."""

    async def main() -> None:
        for cap in (0, 10):
            c, done = Chan[int](cap), WaitGroup()

            async def chooses(me: int, c: Chan[int] = c, done: WaitGroup = done, cap: int = cap) -> None:
                for i in range(1000):
                    chosen = await (select(c.send(me), c.recv()) if (i + me) % 2 else select(c.recv(), c.send(me)))
                    assert cap or chosen.value != me, "it met itself"
                done.done()

            done.add(2)
            go(chooses, 0)
            go(chooses, 1)
            await done.wait()

    run(main)


def test_a_value_sent_to_one_of_four_channels_arrives_once() -> None:
    """test/chan/doubleselect.go."""
    values = 2000

    async def main() -> list[int]:
        channels, merged, done = [Chan[int]() for _ in range(4)], Chan[int](), WaitGroup()

        async def sender() -> None:
            for i in range(values):
                await select(*[c.send(i) for c in channels])
            for c in channels:
                c.close()

        async def mux(c: Chan[int]) -> None:
            async for v in c:
                await merged.send(v)
            done.done()

        async def closes() -> None:
            await done.wait()
            merged.close()

        go(sender)
        done.add(4)
        for c in channels:
            go(mux, c)
        go(closes)
        return [v async for v in merged]

    got = run(main)
    assert isinstance(got, list)
    assert sorted(got) == list(range(values))


@pytest.mark.parametrize("cap", [0, 1, 7])
def test_selecting_senders_and_receivers_pass_every_value_once_and_in_order(cap: int) -> None:
    """TestSelectStress of Go's runtime/chan_test.go: four channels, three kinds of senders and receivers."""
    n = 500

    async def main() -> None:
        here("a test").rng = Random(6)
        channels, done = [Chan[tuple[int, int]](cap) for _ in range(4)], WaitGroup()
        received: list[list[int]] = [[] for _ in channels]

        async def sends(k: int) -> None:
            for i in range(n):
                await channels[k].send((k, i))
            done.done()

        async def sends_to_any() -> None:
            left = [0] * 4
            while min(left) < n:
                cases = [c.send((k, left[k])) if left[k] < n else nil.send(0) for k, c in enumerate(channels)]
                left[(await select(*cases)).index] += 1
            done.done()

        async def receives(k: int) -> None:
            for _ in range(n):
                received[k].append((await channels[k].recv())[1])
            done.done()

        async def receives_from_any() -> None:
            left = [n] * 4
            while any(left):
                cases = [c.recv() if left[k] else nil.recv() for k, c in enumerate(channels)]
                chosen = await select(*cases)
                assert isinstance(chosen.value, tuple) and chosen.value[0] == chosen.index
                received[chosen.index].append(chosen.value[1])
                left[chosen.index] -= 1
            done.done()

        done.add(10)
        for k in range(4):
            go(sends, k)
            go(receives, k)
        go(sends_to_any)
        go(receives_from_any)
        await done.wait()
        for got in received:
            assert Counter(got) == Counter([*range(n), *range(n)])

    run(main)


def test_a_default_is_never_taken_while_one_of_two_channels_is_ready() -> None:
    """TestNonblockSelectRace of Go's runtime/chan_test.go."""

    async def main() -> None:
        for i in range(300):
            c1, c2, done = Chan[int](1), Chan[int](1), Chan[bool](1)
            await c1.send(1)

            async def chooses(c1: Chan[int] = c1, c2: Chan[int] = c2, done: Chan[bool] = done) -> None:
                await done.send((await select(c1.recv(), c2.recv(), default)).index != 2)

            go(chooses)
            if i % 2:
                await gosched()
            await c2.send(1)
            await select(c1.recv(), default)
            assert await done.recv()

    run(main)
