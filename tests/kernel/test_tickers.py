"""Go's package time. The words that programs say are those of the same programs under Go 1.19 with GOMAXPROCS=1."""

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.dump import created_by
from cluster.kernel.far import FarOp
from cluster.kernel.g import G
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import current_goroutine, goid, gosched, sleep
from cluster.kernel.tickers import Ticker, Timer, after, after_func
from cluster.model.clock import MILLISECOND, SECOND
from cluster.model.errors import NotInGoroutineError, Panic
from cluster.model.ids import MId, ObjId
from cluster.model.limits import SLEEP_MAX_S
from tests.fakes import AsleepError, FakeFar, FakeShell, Loopback, StandIn, run
from tests.kernel.talk import Talk, said

AWAY = ObjId(MId(7), 3)


def test_after_gives_the_time_once() -> None:
    shell = FakeShell()

    async def main() -> float:
        c = after(0.25)
        assert (len(c), c.cap) == (0, 1)
        before = shell.clock.unix_s()
        at = await c.recv()
        assert at == shell.clock.unix_s() == before + 0.25
        return at

    assert shell.run(main) == 1.25


def test_what_is_due_already_fires_at_the_next_look_at_the_clock() -> None:
    async def main() -> None:
        for seconds in (0, -1, -1e300):
            await after(seconds).recv()

    run(main)


def test_stop_says_whether_it_prevented_anything_and_drains_nothing() -> None:
    shell = FakeShell()

    async def main() -> list[bool]:
        t = Timer(1)
        said = [t.stop(), t.stop()]
        t = Timer(0.001)
        assert repr(t) == "<Timer, pending>"
        await sleep(0.002)
        assert repr(t) == "<Timer, not pending>"
        said += [t.stop(), len(t.c) == 1]
        return said

    assert shell.run(main) == [True, False, False, True]


def test_reset_says_whether_it_was_pending_and_starts_anew() -> None:
    shell = FakeShell()

    async def main() -> list[object]:
        t = Timer(10)
        said: list[object] = [t.reset(1)]
        said.append(await t.c.recv())
        said += [t.reset(1), await t.c.recv()]
        return said

    assert shell.run(main) == [True, 2.0, False, 3.0]


def test_a_stopped_timer_does_not_hide_a_deadlock() -> None:
    shell = FakeShell()

    async def main() -> None:
        t = Timer(1)
        t.stop()
        await t.c.recv()

    with pytest.raises(AsleepError):
        shell.run(main)
    assert shell.sched.timers.count_for(shell.program) == 0


def test_a_ticker_ticks_and_a_slow_reader_finds_one_tick() -> None:
    shell = FakeShell()

    async def main() -> list[float]:
        t = Ticker(1)
        ticks = [await t.c.recv(), await t.c.recv()]
        await sleep(3.5)
        ticks += [await t.c.recv(), await t.c.recv()]
        assert t.stop() and not t.stop()
        await sleep(5)
        assert len(t.c) == 0 and repr(t) == "<Ticker, not pending>"
        t.reset(2)
        ticks.append(await t.c.recv())
        return ticks

    assert shell.run(main) == [2.0, 3.0, 4.0, 7.0, 14.0]


def test_ticks_that_were_missed_together_are_one() -> None:
    shell = FakeShell()

    async def main() -> list[float]:
        t = Ticker(1)
        shell.clock.advance(3 * SECOND + 1)
        return [round(await t.c.recv(), 3), round(await t.c.recv(), 3)]

    assert shell.run(main) == [4.0, 5.0]


@pytest.mark.parametrize("seconds", [0, -1, -0.5])
def test_an_interval_must_be_positive(seconds: float) -> None:
    async def main() -> None:
        with pytest.raises(Panic, match=r"^non-positive interval for NewTicker$"):
            Ticker(seconds)
        with pytest.raises(Panic, match=r"^non-positive interval for Ticker\.Reset$"):
            Ticker(1).reset(seconds)

    run(main)


def test_intervals_too_short_or_too_long_for_a_duration_are_the_shortest_and_the_longest() -> None:
    shell = FakeShell()

    async def main() -> None:
        t = Ticker(1e-30)
        assert await t.c.recv() == 1 + 1e-9
        t.stop()
        Timer(float("inf"))
        assert shell.sched.timers.next() == shell.clock.now() + SLEEP_MAX_S * SECOND

    shell.run(main)


def test_after_func_starts_a_goroutine_plain_or_async() -> None:
    async def main() -> list[object]:
        log, ended = list[object](), Chan[None](1)

        async def work(word: str) -> None:
            await gosched()
            log.append(word)
            log.append(goid() > 1)
            await ended.send(None)

        after_func(0.002, work, "async")
        t = after_func(0.001, log.append, "plain")
        assert t.c is nil
        await ended.recv()
        assert not t.stop()
        return log

    assert run(main) == ["plain", "async", True]


def test_in_a_dump_the_goroutine_of_after_func_was_made_by_time_go_func() -> None:
    async def main() -> tuple[str, ...]:
        made = Chan[G](1)

        async def work() -> None:
            g = current_goroutine()
            assert g is not None
            await made.send(g)

        after_func(0.001, work)
        return created_by(await made.recv())

    lines = run(main)
    assert isinstance(lines, tuple) and lines[0] == "created by time.goFunc" and "tickers.py:" in lines[1]


def test_a_stopped_after_func_starts_nothing_and_reset_starts_it_again() -> None:
    async def main() -> list[str]:
        log = list[str]()
        t = after_func(0.001, log.append, "x")
        assert t.stop()
        await sleep(0.01)
        assert not log and not t.reset(0.001)
        await sleep(0.01)
        assert not t.reset(0.001)
        await sleep(0.01)
        return log

    assert run(main) == ["x", "x"]


async def four_each(t: Talk) -> None:
    async def sleeper(i: int) -> None:
        await sleep((i + 1) * 0.001)
        t.say("s", i)

    async def called(i: int) -> None:
        t.say("f", i)
        await t.ended()

    await t.parked(4, sleeper)
    for i in range(4):
        after_func((i + 1.5) * 0.001, called, i)
    t.burn(7)
    await t.wait(8)


def test_timers_due_at_once_fire_in_order_and_the_last_is_in_runnext() -> None:
    assert said(four_each) == "f3 s0 f0 s1 f1 s2 f2 s3"


def test_channels_of_timers_ready_their_readers_as_sleep_does() -> None:
    async def program(t: Talk) -> None:
        async def reader(i: int) -> None:
            await after((i + 1) * 0.001).recv()
            t.say("s", i)

        await t.parked(4, reader)
        t.burn(7)
        await t.wait(4)

    assert said(program) == "s3 s0 s1 s2"


def test_timers_of_a_program_that_is_over_do_nothing() -> None:
    shell = FakeShell()

    async def main() -> None:
        Ticker(0.001)
        after_func(0.001, pytest.fail, "the program is over")

    shell.run(main)
    assert shell.sched.timers.next() is None
    shell.clock.advance(MILLISECOND)
    assert shell.sched.timers.fire(shell.clock.now(), pytest.fail) == 0  # type: ignore[arg-type]


def test_timers_are_made_by_goroutines() -> None:
    for make in (lambda: Timer(1), lambda: Ticker(1), lambda: after(1), lambda: after_func(1, print)):
        with pytest.raises(NotInGoroutineError):
            make()


# Other Ms.


def test_a_handle_demands_to_stop_and_reset_and_shares_the_channel() -> None:
    far = FakeFar()
    far.answers = {FarOp.TIMER_STOP: True, FarOp.TIMER_RESET: False}
    shell = FakeShell(far=far)

    async def main() -> list[object]:
        c = Chan[float](1)
        said: list[object] = []
        for t in (Timer.handle(shell.sched, AWAY, c), Ticker.handle(shell.sched, AWAY, c)):
            assert t.facts() == (c,) and t.c is c
            said += [t.stop(), t.reset(1), repr(t)]
        with pytest.raises(Panic, match="non-positive interval"):
            Ticker.handle(shell.sched, AWAY, c).reset(0)
        return said

    assert shell.run(main) == [True, False, f"<Timer at {AWAY}>", True, False, f"<Ticker at {AWAY}>"]


@pytest.mark.parametrize("kind", [Timer, Ticker])
def test_another_m_stops_and_resets_as_a_goroutine_here_does(kind: type[Timer | Ticker]) -> None:
    far = Loopback()
    shell = FakeShell(far=far)

    async def main() -> list[object]:
        t = kind(1)
        h = far.handle(t)
        said: list[object] = [h.reset(2), await h.c.recv(), h.stop(), h.stop(), t.stop()]
        with pytest.raises(AssertionError, match="was asked for CHAN_LEN"):
            t.serve(FarOp.CHAN_LEN, None, StandIn())
        return said

    assert shell.run(main) == [True, 3.0, kind is Ticker, False, False]
