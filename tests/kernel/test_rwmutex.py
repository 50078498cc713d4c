"""sync.RWMutex. The words that programs say are those of the same programs under Go 1.19 with GOMAXPROCS=1."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.kernel.far import FarOp
from cluster.kernel.rwmutex import RWMutex
from cluster.kernel.sched import go, gosched
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import FatalError
from cluster.model.ids import MId, ObjId
from tests.fakes import AsleepError, FakeFar, FakeShell, Loopback, StandIn, run, serving
from tests.kernel.talk import Talk, said

AWAY = ObjId(MId(7), 3)


async def write(t: Talk, rw: RWMutex, word: object) -> None:
    await rw.lock()
    t.say(word)
    rw.unlock()


async def read(t: Talk, rw: RWMutex, word: object) -> None:
    await rw.rlock()
    t.say(word)
    rw.runlock()


def test_readers_share_and_a_writer_is_alone_and_none_of_it_yields() -> None:
    async def main() -> list[object]:
        log, rw = list[object](), RWMutex()
        go(log.append, "other")
        async with rw.read(), rw.read():
            assert not await rw.try_lock() and await rw.try_rlock()
            assert repr(rw) == "<RWMutex 3 reading>"
            rw.runlock()
        async with rw.write():
            assert not await rw.try_lock() and not await rw.try_rlock()
            assert repr(rw) == "<RWMutex 0 reading, a writer>"
        assert await rw.try_lock()
        rw.unlock()
        await rw.lock()
        rw.unlock()
        return log

    assert run(main) == []


def test_a_waiting_writer_keeps_new_readers_out_and_readers_come_before_the_next_writer() -> None:
    async def program(t: Talk) -> None:
        rw = RWMutex()

        async def first(i: int) -> None:
            await write(t, rw, f"w{i}")
            t.say("w", i, "!")

        await rw.rlock()
        await t.parked(1, first)
        await t.parked(3, lambda i: read(t, rw, f"r{i}"))
        await t.parked(1, lambda i: write(t, rw, f"x{i}"))
        t.say(await rw.try_rlock())
        t.say(await rw.try_lock())
        rw.runlock()
        t.say("main")
        await t.wait(5)

    assert said(program) == "false false main w0 w0! r0 r1 r2 x0"


def test_unlock_lets_the_readers_in_before_the_writer_that_came_first() -> None:
    async def program(t: Talk) -> None:
        rw = RWMutex()
        await rw.lock()
        await t.parked(1, lambda i: write(t, rw, f"w{i}"))
        await t.parked(3, lambda i: read(t, rw, f"r{i}"))
        rw.unlock()
        t.say("main")
        await t.wait(4)

    assert said(program) == "main r0 r1 r2 w0"


def test_leaving_a_starving_write_runs_the_next_writer_at_once() -> None:
    """In Go it is Unlock that yields."""

    async def program(t: Talk) -> None:
        rw = RWMutex()
        async with rw.write():
            await t.parked(2, lambda i: write(t, rw, i))
            t.burn(2)
        async with rw.write():
            await gosched()
        t.say("main")
        await t.wait(2)

    assert said(program) == "0 1 main"


@pytest.mark.parametrize(
    ("misuse", "text"),
    [
        (lambda rw: rw.unlock(), "sync: Unlock of unlocked RWMutex"),
        (lambda rw: rw.runlock(), "sync: RUnlock of unlocked RWMutex"),
    ],
)
def test_setting_free_what_is_free_is_fatal(misuse: Callable[[RWMutex], None], text: str) -> None:
    async def main() -> None:
        misuse(RWMutex())

    with pytest.raises(FatalError, match=f"^{text}$"):
        run(main)


def test_runlock_of_a_written_one_and_unlock_of_a_read_one_are_fatal() -> None:
    async def written() -> None:
        rw = RWMutex()
        await rw.lock()
        rw.runlock()

    async def read() -> None:
        rw = RWMutex()
        await rw.rlock()
        rw.unlock()

    with pytest.raises(FatalError, match=r"^sync: RUnlock of unlocked RWMutex$"):
        run(written)
    with pytest.raises(FatalError, match=r"^sync: Unlock of unlocked RWMutex$"):
        run(read)


def test_reading_again_behind_a_waiting_writer_waits_for_ever() -> None:
    async def main() -> None:
        rw = RWMutex()
        await rw.rlock()
        go(rw.lock)
        await gosched()
        await rw.rlock()

    with pytest.raises(AsleepError):
        run(main)


def test_a_handle_asks_and_tells_and_knows_nothing_itself() -> None:
    far = FakeFar()
    shell = FakeShell(far=far)
    rw = RWMutex.handle(shell.sched, AWAY)

    async def main() -> list[object]:
        async with rw.read():
            pass
        async with rw.write():
            pass
        return [await rw.try_lock(), await rw.try_rlock(), repr(rw)]

    g = shell.start(main)
    for val in (None, None, True, False):
        shell.run_until_idle()
        g.val = val
        shell.sched.ready(g)
    assert shell.finish() == [True, False, f"<RWMutex at {AWAY}>"]
    assert [op for _, _, op, _ in far.asked] == [
        FarOp.RW_RLOCK,
        FarOp.RW_LOCK,
        FarOp.RW_TRY_LOCK,
        FarOp.RW_TRY_RLOCK,
    ]
    assert [op for _, op, _ in far.told] == [FarOp.RW_RUNLOCK, FarOp.RW_UNLOCK]


def test_other_ms_read_and_write_as_goroutines_here_do() -> None:
    async def main() -> None:
        rw, writer, reader = RWMutex(), StandIn(), StandIn()
        await rw.rlock()
        rw.serve(FarOp.RW_LOCK, None, writer)
        rw.serve(FarOp.RW_RLOCK, None, reader)
        assert not writer.woken and not reader.woken
        rw.runlock()
        assert writer.woken == [None] and not reader.woken
        rw.serve(FarOp.RW_UNLOCK, None, StandIn())
        assert reader.woken == [None]
        rw.serve(FarOp.RW_RUNLOCK, None, StandIn())
        with serving(), pytest.raises(FatalError, match="Unlock of unlocked"):
            rw.serve(FarOp.RW_UNLOCK, None, StandIn())
        with pytest.raises(AssertionError, match="a read-write mutex was asked for CHAN_LEN"):
            rw.serve(FarOp.CHAN_LEN, None, StandIn())

    run(main)


@given(st.integers(0, 2**32), st.integers(2, 10), st.booleans())
def test_readers_and_writers_here_and_elsewhere_keep_apart(seed: int, n: int, remote: bool) -> None:
    rng, far = random.Random(seed), Loopback()
    shell = FakeShell(far=far)

    async def main() -> str:
        rw, wg = RWMutex(), WaitGroup()
        handle = far.handle(rw)
        readers, writers = 0, 0

        async def user(mine: RWMutex) -> None:
            nonlocal readers, writers
            for _ in range(6):
                if rng.random() < 0.6:
                    if rng.random() < 0.8:
                        await mine.rlock()
                    elif not await mine.try_rlock():
                        continue
                    readers += 1
                    assert not writers
                    await gosched()
                    assert not writers
                    readers -= 1
                    mine.runlock()
                else:
                    if rng.random() < 0.8:
                        await mine.lock()
                    elif not await mine.try_lock():
                        continue
                    writers += 1
                    assert (readers, writers) == (0, 1)
                    shell.clock.advance(rng.choice([0, 2_000_000]))
                    await gosched()
                    assert (readers, writers) == (0, 1)
                    writers -= 1
                    mine.unlock()

        for i in range(n):
            wg.go(user, handle if remote and i % 2 else rw)
        await wg.wait()
        return repr(rw)

    assert shell.run(main) == "<RWMutex 0 reading>"
