"""x/sync's semaphore.Weighted."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.kernel.far import FarOp
from cluster.kernel.g import SELECT
from cluster.kernel.sched import go, gosched
from cluster.kernel.semaphore import Semaphore
from cluster.model.errors import Panic
from cluster.model.ids import MId, ObjId
from tests.fakes import AsleepError, FakeFar, FakeShell, StandIn, run
from tests.kernel.talk import Talk, said

AWAY = ObjId(MId(7), 3)


def test_what_is_free_is_taken_without_letting_others_run() -> None:
    async def main() -> list[object]:
        log, sem = list[object](), Semaphore(3)
        go(log.append, "other")
        await sem.acquire(2)
        await sem.acquire()
        assert not await sem.try_acquire()
        sem.release()
        assert await sem.try_acquire()
        assert repr(sem) == "<Semaphore 0 of 3 free, 0 waiting>"
        sem.release(3)
        return log

    assert run(main) == []


def test_a_large_request_at_the_head_keeps_smaller_ones_waiting() -> None:
    async def program(t: Talk) -> None:
        sem = Semaphore(3)

        async def user(i: int) -> None:
            await sem.acquire((3, 1, 1)[i])
            t.say(i)
            sem.release((3, 1, 1)[i])

        await sem.acquire(2)
        await t.parked(3, user)
        t.say(await sem.try_acquire(1))
        sem.release(1)
        await gosched()
        t.say("main")
        sem.release(1)
        await t.wait(3)

    assert said(program) == "false main 0 1 2"


def test_asking_for_more_than_there_is_waits_for_ever_in_nobodys_way() -> None:
    shell = FakeShell()

    async def main() -> None:
        sem = Semaphore(2)
        go(sem.acquire, 3)
        await gosched()
        await sem.acquire(2)
        sem.release(2)
        await sem.acquire(3)

    with pytest.raises(AsleepError):
        shell.run(main)
    assert {g.wait_reason for g in shell.program.gs.values()} == {SELECT}


def test_releasing_more_than_is_held_panics() -> None:
    async def main() -> None:
        sem = Semaphore(2)
        await sem.acquire()
        with pytest.raises(Panic, match=r"^semaphore: released more than held$"):
            sem.release(2)

    run(main)


def test_a_handle_asks_and_tells_how_much() -> None:
    far = FakeFar()
    shell = FakeShell(far=far)
    sem = Semaphore.handle(shell.sched, AWAY, 5)

    async def main() -> object:
        await sem.acquire(2)
        sem.release(2)
        return await sem.try_acquire(3), repr(sem)

    g = shell.start(main)
    for val in (None, False):
        shell.run_until_idle()
        g.val = val
        shell.sched.ready(g)
    assert shell.finish() == (False, f"<Semaphore of 5 at {AWAY}>")
    assert [(op, k) for _, _, op, k in far.asked] == [(FarOp.SEMAPHORE_ACQUIRE, 2), (FarOp.SEMAPHORE_TRY_ACQUIRE, 3)]
    assert far.told == [(AWAY, FarOp.SEMAPHORE_RELEASE, 2)] and sem.facts() == (5,)


def test_a_semaphore_serves_nothing_but_its_own_operations_on_numbers() -> None:
    async def main() -> None:
        with pytest.raises(AssertionError, match="a semaphore was asked for CHAN_LEN"):
            Semaphore(1).serve(FarOp.CHAN_LEN, 1, StandIn())
        with pytest.raises(TypeError, match="a semaphore counts in ints, not in str"):
            Semaphore(1).serve(FarOp.SEMAPHORE_RELEASE, "1", StandIn())

    run(main)


class Model:
    """What the semaphore must do, said simply: a list of requests, served from the head."""

    def __init__(self, size: int) -> None:
        self.size, self.free = size, size
        self.queue: list[tuple[int, int]] = []
        self.granted: set[int] = set()

    def acquire(self, step: int, k: int) -> None:
        if k <= self.size:
            self.queue.append((step, k))
        self.serve()

    def release(self, k: int) -> None:
        self.free += k
        self.serve()

    def serve(self) -> None:
        while self.queue and self.queue[0][1] <= self.free:
            step, k = self.queue.pop(0)
            self.free -= k
            self.granted.add(step)


Step = tuple[Literal["acquire", "release", "try"], int, bool]


@given(
    st.lists(st.tuples(st.sampled_from(["acquire", "release", "try"]), st.integers(1, 5), st.booleans()), max_size=40)
)
def test_requests_here_and_elsewhere_are_granted_strictly_in_order(steps: list[Step]) -> None:
    async def main() -> None:
        sem, model = Semaphore(4), Model(4)
        granted, away = set[int](), dict[int, StandIn]()

        async def user(step: int, k: int) -> None:
            await sem.acquire(k)
            granted.add(step)

        for step, (what, k, remote) in enumerate(steps):
            asker = StandIn()
            if what == "acquire":
                model.acquire(step, k)
                if remote:
                    away[step] = asker
                    sem.serve(FarOp.SEMAPHORE_ACQUIRE, k, asker)
                else:
                    go(user, step, k)
            elif what == "try":
                free = not model.queue and k <= model.free
                if remote:
                    sem.serve(FarOp.SEMAPHORE_TRY_ACQUIRE, k, asker)
                    assert asker.woken == [free]
                else:
                    assert await sem.try_acquire(k) is free
                if free:
                    model.free -= k
            elif model.free + k <= 4:
                model.release(k)
                sem.serve(FarOp.SEMAPHORE_RELEASE, k, asker) if remote else sem.release(k)
            for _ in range(3):  # once more than needed: main may be the 61st tick's
                await gosched()
            assert granted | {step for step, asker in away.items() if asker.woken} == model.granted

    run(main)
