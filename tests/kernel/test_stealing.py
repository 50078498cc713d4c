"""What a thief may take from a kernel, also while its loop runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.kernel.chan import Chan
from cluster.kernel.g import G
from cluster.kernel.sched import go, gosched
from cluster.kernel.stealing import steal
from tests.fakes import AsleepError, FakeShell, names, new_gs, park_for_ever


def test_a_thief_takes_half_rounded_up_oldest_first() -> None:
    for n, taken in ((0, ""), (1, "a"), (2, "a"), (3, "ab"), (5, "abc")):
        shell = FakeShell()
        shell.sched.put(new_gs("abcde"[:n], shell.program, []))
        assert names(one.g for one in steal(shell.sched)) == taken
        assert names(shell.sched.ring) == "abcde"[:n][len(taken) :]


def test_a_thief_takes_no_more_unstarted_ones_than_it_may() -> None:
    for most, taken in ((0, ""), (1, "a"), (2, "ab"), (9, "abc")):
        shell = FakeShell()
        shell.sched.put(new_gs("abcde", shell.program, []))
        assert names(one.g for one in steal(shell.sched, unstarted=most)) == taken


def test_a_thief_passes_over_unstarted_ones_that_it_may_not_have_for_started_ones_that_it_may() -> None:
    shell = FakeShell()

    async def yields() -> None:
        await gosched()

    async def main() -> list[bool]:
        go(yields)
        await gosched()
        for name in "abc":
            go(print, name)
        shell.sched.ring.rotate(-1)  # the started one comes last
        return [one.g.send is not None for one in steal(shell.sched, started=1, unstarted=1)]

    assert shell.run(main) == [False]
    assert shell.run(main) == [False]


def test_a_thief_takes_from_the_ring_before_globrunq() -> None:
    shell = FakeShell(runq_size=2)
    shell.sched.put(new_gs("abcd", shell.program, []))
    assert names(one.g for one in steal(shell.sched)) == "ab"
    assert names(one.g for one in steal(shell.sched)) == "c"


def test_a_thief_takes_no_started_g_no_pinned_one_and_not_runnext() -> None:
    shell = FakeShell()

    async def yields() -> None:
        await gosched()

    async def main() -> tuple[str, str]:
        go(yields)
        await gosched()
        for name in "abcd":
            go(print, name)
        started, a, *_ = shell.sched.ring
        assert started.send is not None and shell.sched.runnext is not None
        a.pinned = "a test says so"
        return names(one.g for one in steal(shell.sched)), names([*list(shell.sched.ring)[1:], shell.sched.runnext])

    assert shell.run(main) == ("bc", "ad")


def test_the_one_in_runnext_is_taken_as_a_last_resort_only() -> None:
    shell = FakeShell()

    async def main() -> list[str]:
        for name in "ab":
            go(print, name)
        return [names(one.g for one in steal(shell.sched)) for _ in range(3)]

    assert shell.run(main) == ["a", "b", ""]


@pytest.mark.parametrize("why", ["started", "pinned"])
def test_what_cannot_move_is_not_taken_from_runnext_either(why: str) -> None:
    shell = FakeShell()

    async def waits(turn: Chan[None]) -> None:
        await turn.recv()

    async def main() -> str:
        turn = Chan[None]()
        go(waits, turn)
        if why == "started":
            await gosched()
            await turn.send(None)
        assert shell.sched.runnext is not None
        shell.sched.runnext.pinned = "" if why == "started" else "a test says so"
        return names(one.g for one in steal(shell.sched))

    assert shell.run(main) == ""


@given(st.integers(0, 40), st.integers(1, 3), st.lists(st.integers(0, 39), max_size=10), st.sampled_from([2, 4, 256]))
def test_no_g_is_lost_or_run_twice_when_goroutines_steal_while_the_loop_runs(
    n: int, procs: int, thefts: list[int], runq_size: int
) -> None:
    """A thief on a second thread acts while the main thread is inside a goroutine; so does this one."""
    shell, ran, stolen = FakeShell(procs=procs, runq_size=runq_size), list[object](), list[G]()

    def one(i: int) -> None:
        ran.append(i)
        for _ in range(thefts.count(i)):
            stolen.extend(one.g for one in steal(shell.sched))

    async def main() -> None:
        for i in range(n):
            go(one, i)
        await park_for_ever()

    with pytest.raises(AsleepError):
        shell.run(main)
    assert sorted([*map(str, ran), *(str(g.args[0]) for g in stolen)]) == sorted(map(str, range(n)))


def test_a_g_that_was_started_under_the_thiefs_hands_is_put_back() -> None:
    """The loop may start a G, and queue it again, between the thief's look at it and its removal."""
    shell = FakeShell()
    (g,) = new_gs("a", shell.program, [])

    class Ring(list[G]):
        def remove(self, value: G) -> None:
            super().remove(value)
            value.send = lambda _: None

    shell.sched.ring = Ring([g])  # type: ignore[assignment]  # as much of a deque as a thief sees
    assert steal(shell.sched) == []
    assert list(shell.sched.ring) == [g], "in its place"
