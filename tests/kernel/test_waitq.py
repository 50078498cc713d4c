"""Wait queues: order, staleness, and what leaving them costs."""

from collections import deque
from types import SimpleNamespace
from typing import cast

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.g import G
from cluster.kernel.sched import go, gosched
from cluster.kernel.select import select
from cluster.kernel.waitgroup import WaitGroup
from cluster.kernel.waitq import CLOSED, Case, Claim, Hchan, WaitQ
from tests.fakes import StandIn, run


def case(claim: object = None) -> Case:
    """One case of a select of its own, or of that of `claim`."""
    of = claim or SimpleNamespace(over=False)
    return Case(0, cast("Hchan", None), False, None).enter(cast("Claim", of), 0)


def end(*cases: Case) -> None:
    """Their selects are over."""
    for each in cases:
        each.claim.over = True
        each.leave()


def test_the_oldest_that_is_not_stale_is_first() -> None:
    queue, a, plain, b = WaitQ(deque()), case(), StandIn(), case()
    for w in (a, plain, b):
        queue.put(w)
    assert queue.first() is a
    end(a)
    assert queue.first() is plain
    queue.take(plain)
    assert queue.first() is b
    end(b)
    assert queue.first() is None and len(queue.waiters) == 0


def test_a_case_does_not_find_its_own_select() -> None:
    queue, mine = WaitQ(deque()), case()
    queue.put(mine)
    other_of_mine = case(mine.claim)
    assert queue.first(other_of_mine) is None
    somebody = case()
    queue.put(somebody)
    assert queue.first(other_of_mine) is somebody
    assert queue.first(somebody) is mine


def test_a_queue_is_never_more_than_half_stale() -> None:
    queue, cases = WaitQ(deque()), [case() for _ in range(100)]
    for each in cases:
        queue.put(each)
    for i, each in enumerate(cases):
        end(each)
        assert queue.stale <= len(queue.waiters) / 2 and len(queue.waiters) - queue.stale == 99 - i
    assert len(queue.waiters) == 0


def test_one_that_was_taken_does_not_count_as_stale_and_one_may_be_taken_from_the_middle() -> None:
    queue, cases = WaitQ(deque()), [case() for _ in range(3)]
    for each in cases:
        queue.put(each)
    queue.take(cases[1])
    end(cases[1])
    assert (len(queue.waiters), queue.stale) == (2, 0)
    assert list(queue.waiters) == [cases[0], cases[2]]


def test_draining_gives_who_still_waits_in_order() -> None:
    queue, a, plain, b = WaitQ(deque()), case(), StandIn(), case()
    for w in (a, plain, b):
        queue.put(w)
    end(a)
    assert queue.drain() == [plain, b]
    end(b)
    assert (len(queue.waiters), queue.stale) == (0, 0)


def test_a_case_is_completed_through_its_claim_only() -> None:
    with pytest.raises(AssertionError):
        case().wake(1)
    assert repr(CLOSED) == "CLOSED"


def test_leaving_a_queue_takes_no_longer_when_more_wait_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go's test/chanlinear.go, with visits of a queue's places counted instead of time."""
    visits = 0
    left, first = WaitQ.left, WaitQ.first

    def counting_left(queue: WaitQ) -> None:
        nonlocal visits
        left(queue)
        visits += 1 if queue.stale else 2 * len(queue.waiters) + 1  # it was compacted: half of it was stale

    def counting_first(queue: WaitQ, than: Case | G | StandIn | None = None) -> object:
        nonlocal visits
        visits += queue.stale + 1
        return first(queue, than)

    monkeypatch.setattr(WaitQ, "left", counting_left)
    monkeypatch.setattr(WaitQ, "first", counting_first)

    def visited(n: int, backwards: bool) -> int:
        nonlocal visits
        visits = 0

        async def main() -> None:
            shared, private, woken = Chan[int](), [Chan[int]() for _ in range(n)], WaitGroup()

            async def chooses(mine: Chan[int]) -> None:
                await select(shared.recv(), mine.recv())
                woken.done()

            woken.add(n)
            for c in private:
                go(chooses, c)
            while len(shared._recvq) < n:
                await gosched()
            for c in private[::-1] if backwards else private:
                await c.send(1)
            await woken.wait()
            assert len(shared._recvq) == 0

        run(main)
        return visits

    for backwards in (False, True):
        assert visited(1000, backwards) < 10 * 1000
        assert visited(4000, backwards) < 4.5 * visited(1000, backwards)
