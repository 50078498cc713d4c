"""Why a goroutine waits: each kind of wait names its object, what is known of it, and who has to do with it."""

from collections.abc import Awaitable, Callable

import pytest

from cluster.kernel import waiting
from cluster.kernel.chan import Chan
from cluster.kernel.cond import Cond
from cluster.kernel.context import background, with_timeout
from cluster.kernel.errgroup import ErrGroup
from cluster.kernel.far import Far
from cluster.kernel.g import G
from cluster.kernel.mutex import Mutex
from cluster.kernel.netpoll import readable, writable
from cluster.kernel.nilchan import nil
from cluster.kernel.once import Once
from cluster.kernel.outside import Alone
from cluster.kernel.promise import submit
from cluster.kernel.rwmutex import RWMutex
from cluster.kernel.sched import go, gosched, here, sleep
from cluster.kernel.select import select
from cluster.kernel.semaphore import Semaphore
from cluster.kernel.stack import call
from cluster.kernel.tickers import after
from cluster.kernel.waitgroup import WaitGroup
from cluster.kernel.waiting import On, Ties, facts, ties, waits_for
from cluster.model.clock import MILLISECOND, SECOND
from cluster.model.ids import MId, ObjId
from tests.fakes import FakeFar, FakePoller, FakeShell, Loopback

Main = Callable[[], Awaitable[object]]


class Asleep:
    """A program whose goroutines all wait."""

    def __init__(self, main: Callable[..., object], *args: object, far: Far | None = None) -> None:
        self.shell = FakeShell(far=far)
        self.shell.start(main, *args)
        self.shell.run_until_idle()

    def g(self, goid: int) -> G:
        return self.shell.program.gs[goid]

    def on(self, goid: int = 1) -> list[On]:
        return waits_for(self.g(goid), self.shell.sched)

    def one(self, goid: int = 1) -> On:
        (on,) = self.on(goid)
        return on

    def facts(self, goid: int = 1) -> dict[str, str]:
        return facts(self.one(goid).obj, self.shell.sched)

    def ties(self, obj: object) -> Ties:
        return ties(obj, list(self.shell.program.gs.values()), self.shell.sched, None)


# -- what it waits for


def test_a_receiver_waits_for_its_channel() -> None:
    ch: list[Chan[int]] = []

    async def main() -> None:
        ch.append(Chan(3))
        await ch[0].recv()

    asleep = Asleep(main)
    assert (asleep.one().kind, asleep.one().obj, asleep.one().doing) == ("chan", ch[0], "receive")
    assert asleep.facts() == {
        "buffered": "0 of 3", "closed": "no", "receivers waiting": "1", "senders waiting": "0",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["recv_ok", "async for", "call", "promise"])
def test_so_does_who_receives_in_another_way(how: str) -> None:
    async def main() -> None:
        ch = Chan[int]()
        if how == "recv_ok":
            await ch.recv_ok()
        elif how == "call":
            await call(receives, ch)
        elif how == "promise":
            await submit(receives, ch)
        async for _ in ch:
            pass

    async def receives(ch: Chan[int]) -> None:
        await ch.recv()

    assert (Asleep(main).one().kind, Asleep(main).one().doing) == ("chan", "receive")


def test_a_sender_waits_for_a_full_channel() -> None:
    async def main() -> None:
        ch = Chan[int](1)
        await ch.send(1)
        await ch.send(2)

    asleep = Asleep(main)
    assert asleep.one().doing == "send"
    assert asleep.facts()["buffered"] == "1 of 1" and asleep.facts()["senders waiting"] == "1"


def test_on_nil_nobody_can_be_asked() -> None:
    async def main() -> None:
        await nil.send(1)

    assert Asleep(main).one() == On("nil chan", None, "send", None, {})


def test_a_select_waits_for_each_of_its_channels() -> None:
    async def main() -> None:
        a, b = Chan[int](), Chan[int]()
        await select(a.recv(), b.send(1), nil.recv())

    assert sorted((on.kind, on.doing) for on in Asleep(main).on()) == [("chan", "receive"), ("chan", "send")]


def test_a_channel_says_when_a_timer_will_send_on_it_or_end_its_context() -> None:
    async def timed() -> None:
        await after(1.5).recv()

    async def bounded() -> None:
        ctx, _cancel = with_timeout(background(), 2)
        await ctx.done().recv()

    assert Asleep(timed).facts()["a timer fires"] == "in 1.500 s"
    assert Asleep(bounded).facts()["a timer fires"] == "in 2.000 s"


def test_a_sleeper_wakes_at_an_instant() -> None:
    async def main() -> None:
        await sleep(3)

    asleep = Asleep(main)
    assert asleep.one() == On("sleep", None, "wait", None, {"ends": "in 3.000 s"})
    asleep.shell.clock.advance(4 * SECOND)
    assert asleep.one().facts == {"ends": "is overdue by 1000 ms"}


def test_a_waiter_for_a_mutex_knows_since_when() -> None:
    mu: list[Mutex] = []

    async def main() -> None:
        mu.append(Mutex())
        await mu[0].lock()
        await mu[0].lock()

    asleep = Asleep(main)
    assert asleep.one() == On("mutex", mu[0], "lock", asleep.shell.clock.now(), {})
    assert asleep.facts() == {"locked": "yes", "waiting": "1"}


@pytest.mark.parametrize("way", ["rlock", "lock"])
def test_a_waiter_for_a_read_write_mutex_names_that_and_not_its_parts(way: str) -> None:
    async def main() -> None:
        rw = RWMutex()
        await rw.lock()
        await getattr(rw, way)()

    asleep = Asleep(main)
    assert (asleep.one().kind, asleep.one().doing) == ("rwmutex", way)
    assert asleep.facts()["a writer has it or is next"] == "yes"


def test_a_wait_group_tells_its_counter() -> None:
    async def main() -> None:
        wg = WaitGroup()
        wg.add(2)
        await wg.wait()

    asleep = Asleep(main)
    assert (asleep.one().kind, asleep.one().doing) == ("wg", "wait")
    assert asleep.facts() == {"counter": "2", "waiting": "1"}


def test_a_cond_and_then_its_lock() -> None:
    conds: list[Cond] = []

    async def main() -> None:
        conds.append(cond := Cond(Mutex()))
        await cond.mu.lock()
        go(wakes, cond)
        await cond.wait()

    async def wakes(cond: Cond) -> None:
        await sleep(1)
        await cond.mu.lock()
        cond.signal()

    asleep = Asleep(main)
    assert (asleep.one().kind, asleep.one().obj, asleep.one().doing) == ("cond", conds[0], "wait")
    assert asleep.facts()["waiting"] == "1"
    asleep.shell.clock.advance(SECOND)
    asleep.shell.run_until_idle()
    assert (asleep.one().kind, asleep.one().obj) == ("mutex", conds[0].mu)


def test_a_once_whose_first_call_is_under_way() -> None:
    async def main() -> None:
        once = Once()
        go(once.do, sleep, 5)
        await gosched()
        await once.do(sleep, 5)

    asleep = Asleep(main)
    assert asleep.one().kind == "once" and asleep.one(2).kind == "sleep"
    assert asleep.facts()["done"].startswith("no")


def test_a_semaphore_tells_what_is_free_and_who_is_first_in_line() -> None:
    async def main() -> None:
        weighted = Semaphore(3)
        await weighted.acquire(2)
        await weighted.acquire(2)

    asleep = Asleep(main)
    assert (asleep.one().kind, asleep.one().doing) == ("semaphore", "acquire")
    assert asleep.facts() == {"free": "1 of 3", "waiting": "1", "first in line wants": "2"}


def test_an_error_group_of_which_a_member_waits_for_its_turn() -> None:
    async def main() -> None:
        group = ErrGroup(1)
        group.go(sleep, 5)
        group.go(sleep, 5)
        await group.wait()

    asleep = Asleep(main)
    assert (asleep.one().kind, asleep.one().doing) == ("errgroup", "wait")
    assert sorted(asleep.one(goid).kind for goid in (2, 3)) == ["errgroup", "sleep"]
    assert asleep.facts() == {"members that have not ended": "2", "waiting for a turn": "1"}


@pytest.mark.parametrize(("wait", "doing"), [(readable, "read"), (writable, "write")])
def test_who_waits_for_a_file_names_it(wait: Callable[[int], Awaitable[None]], doing: str) -> None:
    class Files(Alone):
        netpoll = FakePoller()

    shell = FakeShell()
    shell.sched.outside = Files(shell.sched.resize)
    shell.start(wait, 7)
    shell.run_until_idle()
    (on,) = waits_for(shell.program.gs[1], shell.sched)
    assert on == On("file", None, doing, None, {"fd": "7"})


def test_who_can_run_waits_for_nothing() -> None:
    shell = FakeShell()
    g = shell.start(gosched)
    assert waits_for(g, shell.sched) == []


def test_a_handle_names_the_object_of_which_it_knows_nothing() -> None:
    far = Loopback()

    async def main() -> None:
        await far.handle(Mutex()).lock()
        await far.handle(Chan[int]()).recv()

    asleep = Asleep(main, far=far)
    assert asleep.one().kind == "chan" and asleep.facts() == {}


def test_a_select_on_channels_of_one_other_m_names_them() -> None:
    async def main() -> None:
        sched = here("a test")
        a, b = (Chan[int].handle(sched, ObjId(MId(7), serial), 0, None) for serial in (1, 2))
        await select(a.recv(), b.recv())

    on = Asleep(main, far=FakeFar()).on()
    assert sorted(str(one.obj) for one in on) == [f"<Chan cap=0, at {ObjId(MId(7), n)}>" for n in (1, 2)]


# -- who has to do with it


def test_those_who_wait_those_inside_and_those_who_have_it_are_told_apart() -> None:
    mu: list[Mutex] = []

    class Holds:
        def __init__(self) -> None:
            self.lock = mu[0]

    async def main() -> None:
        mu.append(Mutex())
        go(inside, mu[0])
        await gosched()
        go(waits, mu[0])
        go(has, Holds())
        go(of_closure())
        go(sleep, 5)
        await sleep(9)

    async def inside(lock: Mutex) -> None:
        async with lock:
            await sleep(9)

    async def waits(lock: Mutex) -> None:
        async with lock:
            pass

    async def has(holder: Holds) -> None:
        await sleep(9)
        await holder.lock.lock()

    def of_closure() -> Callable[[], Awaitable[None]]:
        lock = mu[0]

        async def later() -> None:
            await sleep(9)
            await lock.lock()

        return later

    asleep = Asleep(main)
    assert asleep.ties(mu[0]) == Ties([(3, "lock")], [2], [1, 4, 5], 0)


def test_who_reads_is_inside_of_a_read_write_mutex() -> None:
    rws: list[RWMutex] = []

    async def main() -> None:
        rws.append(RWMutex())
        go(reads)
        await gosched()
        await rws[0].lock()

    async def reads() -> None:
        async with rws[0].read():
            await sleep(9)

    assert Asleep(main).ties(rws[0]) == Ties([(1, "lock")], [2], [], 0)


def test_one_that_has_not_begun_has_its_arguments() -> None:
    shell = FakeShell()
    ch: list[Chan[int]] = []

    async def main() -> None:
        ch.append(Chan())
        go(never, ch[0])
        await sleep(1)

    async def never(_: Chan[int]) -> None: ...

    shell.start(main)
    shell.sched.run(shell.lease, 1)
    assert ties(ch[0], list(shell.program.gs.values()), shell.sched, None).having == [1, 2]


def test_how_many_were_not_looked_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOKED_MAX", 2)
    ch: list[Chan[int]] = []

    async def main() -> None:
        ch.append(Chan())
        for _ in range(3):
            go(ch[0].recv)
        await sleep(MILLISECOND)

    assert Asleep(main).ties(ch[0]) == Ties([(2, "receive")], [], [1], 2)


def test_a_select_that_is_over_may_be_moved_and_tells_nobody_of_its_channels() -> None:
    from_select: list[object] = []

    async def main() -> None:
        a = Chan[int]()
        go(a.send, 1)
        from_select.append(await select(a.recv(), Chan[int]().recv()))

    FakeShell().run(main)
    assert from_select == [(0, 1, True)]
