"""Goroutines that come to an M: whose they are, and what becomes of those that cannot be read."""

import gc
from typing import Any

import pytest

from cluster.kernel.g import Named, name_of, pinned_by
from cluster.wire import frame
from cluster.wire.messages import Back, Drop, Give, Gone, MainReturned, Told, Took, Unfit, Work
from tests.worker.movers import give, queued, start, step, twin
from tests.worker.seat import EPOCH, ME, OTHER, P0, A
from worker.core import records
from worker.core.census import surveyed
from worker.core.outbox import COORDINATOR
from worker.core.pace import PACE_NS
from worker.core.programs import Hosted

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)


def test_started_goroutines_go_on_where_they_arrive_and_nothing_of_them_runs_at_home() -> None:
    seat = start()
    assert sorted(seat.log()) == [(name, 0) for name in "abcd"]
    given = give(seat)
    assert [(record.started, record.giver) for record in given] == [(True, ME)] * 2
    left = {record.goid for record in given}
    assert not left & set(seat.hosted().kernel.gs) and seat.hosted().sent == 2
    other = twin(seat, *given)
    other.settle()
    assert {goid for took in other.took for goid in took.goids} == left
    seat.settle()
    here, there = seat.log()[4:], other.log()
    for log in (here, there):
        names = sorted({name for name, _ in log})  # type: ignore[misc]  # what `steps` writes
        assert len(names) == 2
        for name in names:
            assert [what for who, what in log if who == name] == [1, 2, "ends"]  # type: ignore[misc]


def test_its_name_and_where_it_was_made_go_along() -> None:
    seat = start()
    record, *_ = give(seat)
    other = twin(seat, record)
    other.turn()
    other.machine.tick(other.now())
    other.arrive()
    g = other.hosted().kernel.gs[record.goid]
    assert isinstance(g.fn, Named) and name_of(g.fn) == "main.steps"
    assert isinstance(g.creator, tuple) and g.creator[0] == "created by main.main"


def test_main_moves_and_returns_where_it_is_then() -> None:
    seat = start("""
        async def main():
            for i in range(4):
                await gosched()
            return i
    """, 2)  # fmt: skip
    seat.machine.sched.cur = seat.gs()[0]  # as if another one ran, so that main is not the last
    (record,) = give(seat)
    seat.machine.sched.cur = None
    assert seat.hosted().kernel.main is None
    other = twin(seat, record)
    other.settle()
    assert [message.program for message in other.heard(MainReturned)] == [A]


def test_one_that_no_other_m_can_read_goes_back_and_is_pinned_at_home_until_it_has_run() -> None:
    seat = start()
    record, *_ = give(seat)
    other = twin(seat, record)
    other.text = other.text.replace("range(n)", "range(n + 1)")
    sent = other.settle()
    (unfit,) = [message.record for _, message in sent if isinstance(message, Unfit)]
    assert not other.took and not other.gs()
    assert unfit._replace(refused="") == record
    assert unfit.refused.startswith(f"M {OTHER} cannot take it: ") and "the code of steps in <string>" in unfit.refused
    before = set(seat.hosted().kernel.gs)
    seat.take(Back(unfit))
    seat.arrive()
    (g,) = [g for g in seat.gs() if g.goid not in before]
    assert g.goid == record.goid and pinned_by(g) == unfit.refused
    seat.settle()
    assert pinned_by(g) == "" and [what for _, what in seat.log()].count("ends") == 3  # type: ignore[misc]


UNREADABLE = """
    class Name(str):
        def __new__(cls, text, what):
            made = super().__new__(cls, text)
            made.what = what
            return made
    async def steps(name):
        held = Name("a", [name])
        original.append(held)
        for _ in range(3):
            await gosched()
        log.append(held is original[0] and held.what)
    original = []
    async def main():
        go(steps, "x")
        await gosched()
        await waits()
"""


def test_what_can_be_written_and_not_be_read_goes_on_from_its_original() -> None:
    seat = start(UNREADABLE, 3)
    seat.machine.sched.cur = seat.gs()[0]
    (record,) = give(seat)
    seat.machine.sched.cur = None
    other = twin(seat, record)
    (unfit,) = [message.record for _, message in other.settle() if isinstance(message, Unfit)]
    assert "__new__() missing 1 required positional argument" in unfit.refused
    seat.take(Back(unfit))
    seat.arrive()
    assert seat.hosted().departed == {}
    seat.settle()
    assert seat.log() == [["x"]]
    assert [took.goids for took in seat.took][-1] == (record.goid,), "the coordinator knows whose it is"


def test_an_original_is_emptied_when_another_m_has_it_and_none_of_its_code_runs() -> None:
    seat = start()
    given = give(seat)
    goids = tuple(record.goid for record in given)
    coroutines = [departed.g.send.__self__ for departed in seat.hosted().departed.values()]  # type: ignore[union-attr]
    before = list(seat.log())
    seat.take(Gone(A, goids))
    assert seat.hosted().departed == {} and len(coroutines) == 2
    for coroutine in coroutines:
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            coroutine.send(None)
    del coroutine, coroutines
    assert seat.log() == before


def test_one_that_comes_back_by_the_global_queue_goes_on_from_its_original() -> None:
    seat = start()
    (record, *_) = give(seat)
    original = seat.hosted().departed[record.goid].g
    seat.work(record)
    step(seat)
    assert seat.hosted().kernel.gs[record.goid] is original and pinned_by(original) == ""


def test_originals_end_with_their_program() -> None:
    seat = start()
    give(seat)
    before = list(seat.log())
    hosted = seat.hosted()
    seat.take(Drop(A))
    assert hosted.departed == {} and not any(what == "ends" for _, what in before)  # type: ignore[misc]


def test_one_that_has_been_read_cannot_be_given_on_before_it_is_said_whose_it_is() -> None:
    """Else its giver hears Gone too late, goes on with the original when it comes back, and does things twice."""
    seat = start()
    other = twin(seat, *give(seat))
    other.turn()
    other.machine.tick(other.now())
    other.machine.moves.pace.ran(PACE_NS, 1)
    other.machine.run(other.now())
    assert give(other) == () and not queued(other) and len(other.hosted().inbox) == 2, "the sysmon thread may try it"
    other.machine.conclude()
    assert len(queued(other)) == 2 and not other.hosted().inbox
    other.machine.sched.hungry = True
    other.machine.tick_aside(other.now())
    kinds = [type(message) for _, message in other.machine.outgoing()]
    other.take(Told(1))
    kinds += [type(message) for _, message in other.machine.outgoing()]
    assert kinds == [Took, Give]


def test_one_that_comes_home_beside_the_main_thread_is_as_it_was_elsewhere_and_not_its_original() -> None:
    """The sysmon thread hears Gone and then Work, while the main thread is about to read what came."""
    seat = start()
    record, *_ = give(seat)
    original = seat.hosted().departed[record.goid].g
    other = twin(seat, record)
    other.turn()
    other.machine.tick(other.now())
    other.arrive()
    step(other)
    other.machine.moves.pace.ran(PACE_NS, 1)
    other.machine.sched.cur = other.gs()[0]  # as if another one ran, so that this is not the last
    (back,) = give(other)
    assert other.log() and back.goid == record.goid and back.giver == OTHER
    assert seat.machine.take_aside(COORDINATOR, Gone(A, (record.goid,)))
    assert seat.machine.take_aside(COORDINATOR, Work(P0, EPOCH, (back,)))
    seat.arrive()
    assert seat.hosted().kernel.gs[record.goid] is not original and seat.hosted().departed.keys() != {record.goid}
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        original.send(None)  # type: ignore[misc]  # it has started, and is empty now
    seat.settle()
    name, _ = other.log()[0]  # type: ignore[misc]  # what `steps` writes
    both = [what for who, what in seat.log() + other.log() if who == name]  # type: ignore[misc]
    assert sorted(both, key=str) == [0, 1, 2, "ends"], "nothing twice"


def test_one_that_came_while_its_program_was_being_ended_is_not_queued_and_its_finally_does_not_run() -> None:
    seat = start()
    record, *_ = give(seat)
    other = twin(seat, record)
    other.turn()
    other.machine.tick(other.now())
    other.machine.run(other.now())
    other.machine.take_aside(COORDINATOR, Drop(A))
    other.machine.conclude()
    log = other.log()
    other.take(Drop(A))
    gc.collect()
    other.send()
    assert not queued(other) and not other.took and log == []


def test_what_is_being_read_counts_as_active_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sysmon thread may answer a survey meanwhile; a goroutine that nobody counts would look like a deadlock."""
    seat = start()
    record, *_ = give(seat)
    other = twin(seat, record)
    active = []
    read = records.read

    def reading(hosted: Hosted, *rest: Any) -> records.Queue:  # noqa: ANN401  # as `read` takes them
        active.append(surveyed(1, other.machine.sched, [hosted], False).programs[0].active)
        return read(hosted, *rest)

    monkeypatch.setattr(records, "read", reading)
    other.settle()
    assert active == [1]
