"""What a client has submitted, on one M: reading it, telling its results, and what is not wanted any more."""

import pickle
from collections.abc import Callable

import pytest

from cluster.kernel.tasks import CREATOR, carry, run_chunk, run_task
from cluster.model.errors import CannotShipError
from cluster.model.ids import MId, ProgramId
from cluster.model.limits import APART_BYTES_MIN, BATCH_BYTES, WITHDRAWN_MAX
from cluster.pool.shipping import Shipping
from cluster.wire import messages as w
from cluster.wire.parts import Result
from cluster.wire.pickling import Pickling
from cluster.wire.results import PLAIN, values
from tests.fakes import FakeDepot
from tests.worker.seat import OPTIONS, SOURCE, WELCOME, A, Seat
from worker.core.outbox import COORDINATOR
from worker.core.tasks import FLUSH_MAX, FLUSH_NS, FUNCTIONS_MAX

TEXT = """
import os, sys, threading

class Odd(Exception):
    def __init__(self, a, b):
        super().__init__(a)

class Silent(Exception):
    def __str__(self):
        raise RuntimeError('it says nothing')

class Held(Exception):
    pass

def fails(kind):
    error = {'odd': lambda: Odd(1, 2), 'silent': Silent, 'exit': lambda: SystemExit(4)}.get(kind, Held)()
    if kind == 'held':
        error.lock = threading.Lock()
    raise error

def holds_a_lock():
    return threading.Lock()

def note(word):
    log.append(word)
    return len(log)

def remembers(kept=[]):
    kept.append(1)
    return len(kept)

async def parks(word):
    try:
        log.append(word)
        await sleep(1000)
    finally:
        log.append(word + ' ends')

async def yields(word):
    for _ in range(3):
        log.append(word)
        await gosched()

def broken():
    raise LookupError('not ready')
"""

Ended = tuple[int, Result, object]  # number, how, its value as the client would read it


class Hall:
    """An M with a pool."""

    def __init__(self, initializer: str = "") -> None:
        self.seat = Seat(TEXT)
        self.seat.take(WELCOME)
        self.seat.send()
        self.load(initializer)
        self.seat.lease()

    def load(self, initializer: str) -> None:
        options = OPTIONS._replace(pool=True, by_path=False)
        if initializer:
            written = pickle.dumps((main_attribute_of(initializer), ()))
            options = options._replace(initializer=written)
        self.seat.take(w.LoadProgram(A, SOURCE, options, 0, 1))
        self.seat.machine.load()

    @property
    def pickling(self) -> Pickling:
        pickling = self.seat.hosted().pickling
        assert pickling is not None
        return pickling

    def task(self, number: int, name: str, *args: object) -> w.Record:
        """A lone task: a function of the program."""
        data = self.pickling.dumps((getattr(self.seat.module(), name), args, {}))
        return w.Record(A, number, pickle.dumps((run_task, (b"", data), CREATOR)))

    def call(self, number: int, fn: Callable[..., object], *args: object) -> w.Record:
        """A lone task: a function with a name."""
        return w.Record(A, number, pickle.dumps((run_task, (pickle.dumps(fn), pickle.dumps((args, {}))), CREATOR)))

    def run(self, *tasks: w.Record) -> list[Ended]:
        self.seat.work(*tasks)
        self.seat.settle()
        return self.ended()

    def ended(self) -> list[Ended]:
        """What was told in the last step."""
        found = []
        for message in self.seat.heard(w.Results):
            told = values(message.kinds, message.values)
            for number, kind, value in zip(message.tasks, message.kinds, told, strict=True):
                if kind != PLAIN:
                    assert isinstance(value, bytes)
                    value = self.pickling.read(value) if value else None  # noqa: PLW2901  # as its client does
                found.append((number, Result(kind), value))
        return found

    def withdraw(self, *numbers: int, force: bool = False, program: ProgramId = A) -> None:
        self.seat.take(w.Withdraw(program, numbers, force))


class _MainAttribute:
    def __init__(self, name: str) -> None:
        self._name = name

    def __reduce__(self) -> tuple[object, ...]:
        from_wire = "cluster.wire.pickling"
        return _import(from_wire, "main_attribute"), (self._name,)


def _import(module: str, name: str) -> object:
    found: object = getattr(__import__(module, fromlist=[name]), name)
    return found


def main_attribute_of(name: str) -> object:
    """What is written for a function of the program's file."""
    return _MainAttribute(name)


def test_a_result_is_told_with_its_number_and_what_it_took() -> None:
    hall = Hall()
    assert hall.run(hall.call(-1, pow, 2, 5), hall.task(-2, "note", "a")) == [
        (-1, Result.PLAIN, 32), (-2, Result.PLAIN, 1),
    ]  # fmt: skip
    assert hall.run(hall.call(-3, dict, [])) == [(-3, Result.RETURNED, {})]
    assert hall.seat.heard(w.Results)[0].ran_ns == 0, "the clock stood still"


def test_results_of_a_burst_go_in_one_message_and_the_rest_when_there_is_time() -> None:
    hall = Hall()
    tasks = pickle.dumps([(-10 - i, 0, pickle.dumps(((i,), {}))) for i in range(20)])
    hall.seat.work(w.Record(A, -2, pickle.dumps((carry, ((pickle.dumps(abs),), tasks), CREATOR))))
    hall.seat.settle()
    messages = hall.seat.heard(w.Results)
    assert sum(len(message.tasks) for message in messages) == 20 and len(messages) <= 3


def test_of_a_long_burst_so_many_leave_at_once_while_the_others_still_run() -> None:
    hall = Hall()
    hall.seat.clock.advance(FLUSH_NS)
    tasks = pickle.dumps([(-10 - i, 0, (i,)) for i in range(3 * FLUSH_MAX)])
    hall.seat.work(w.Record(A, -2, pickle.dumps((carry, ((pickle.dumps(abs),), tasks), CREATOR))))
    hall.seat.settle()
    told = [len(message.tasks) for message in hall.seat.heard(w.Results)]
    assert sum(told) == 3 * FLUSH_MAX and 2 <= len(told) <= 5


def test_short_plain_arguments_come_as_they_are() -> None:
    hall = Hall()
    record = w.Record(A, -1, pickle.dumps((run_task, (pickle.dumps(pow), (2, 5)), CREATOR)))
    assert hall.run(record) == [(-1, Result.PLAIN, 32)]


def test_results_do_not_wait_longer_than_a_moment_for_more() -> None:
    hall = Hall()
    hall.seat.clock.advance(FLUSH_NS)
    hall.seat.machine.sched.put(hall.seat.gs())
    hall.seat.work(hall.task(-1, "yields", "x"), hall.call(-2, abs, -1))
    hall.seat.turns(3)
    assert hall.ended() or hall.seat.settle() is not None
    hall.seat.work(hall.task(-3, "yields", "y"), hall.call(-4, abs, -1))
    hall.seat.settle()
    assert {number for number, _, _ in hall.ended()} >= {-3}


@pytest.mark.parametrize(
    ("kind", "text"),
    [("odd", "Odd: 1"), ("silent", "Silent"), ("exit", "SystemExit: 4")],
)
def test_what_a_task_raises_is_told_with_its_text_and_the_programs_own_frames(kind: str, text: str) -> None:
    hall = Hall()
    ((_, how, value),) = hall.run(hall.task(-1, "fails", kind))
    assert how is Result.RAISED and isinstance(value, tuple)
    data, told, lines = value
    assert data and told == text
    assert "in fails" in lines and "run_task" not in lines


def test_an_exception_that_cannot_be_pickled_is_told_by_its_text() -> None:
    hall = Hall()
    ((_, how, value),) = hall.run(hall.task(-1, "fails", "held"))
    assert how is Result.RAISED and isinstance(value, tuple)
    data, text, _ = value
    assert data == b"" and "Held, which a task raised, must go to another process and cannot be pickled" in text


def test_a_result_that_cannot_be_pickled_is_an_error_of_its_task() -> None:
    hall = Hall()
    ((_, how, value),) = hall.run(hall.task(-1, "holds_a_lock"))
    assert how is Result.RAISED and isinstance(value, tuple)
    error = hall.pickling.read(value[0])
    assert isinstance(error, CannotShipError) and "what a task returned must go to another process" in str(error)


def test_a_task_that_cannot_be_read_is_an_error_of_its_own() -> None:
    hall = Hall()
    bad = w.Record(A, -1, pickle.dumps((run_task, (b"cno_such_module\nf\n.", pickle.dumps(((), {}))), CREATOR)))
    (first, second) = hall.run(bad, hall.call(-2, abs, -4))
    assert first[1] is Result.RAISED and "no_such_module" in str(first[2]) and second == (-2, Result.PLAIN, 4)


def test_a_function_with_a_name_is_read_once_and_one_by_value_anew_for_each_task() -> None:
    hall = Hall()
    for i in range(FUNCTIONS_MAX + 2):
        named = pickle.dumps(abs) + b"%d" % i  # behind the end of a pickle nobody reads
        record = w.Record(A, -1 - i, pickle.dumps((run_task, (named, pickle.dumps(((-1,), {}))), CREATOR)))
        assert hall.run(record) == [(-1 - i, Result.PLAIN, 1)]
    assert hall.run(hall.task(-9001, "remembers")) == [(-9001, Result.PLAIN, 1)]


def test_the_initializer_runs_once_before_the_first_task_here() -> None:
    hall = Hall("waits_not")
    assert hall.run(hall.call(-1, abs, -1))[0][1] is Result.UNREADY, "there is no such function"
    hall = Hall("remembers")
    assert hall.run(hall.task(-1, "remembers"), hall.task(-2, "remembers")) == [
        (-1, Result.PLAIN, 2), (-2, Result.PLAIN, 3),
    ]  # fmt: skip


def test_an_initializer_that_raises_fails_every_task_and_is_not_tried_again() -> None:
    hall = Hall("broken")
    told = hall.run(hall.call(-1, abs, -1), hall.call(-2, abs, -1))
    assert [how for _, how, _ in told] == [Result.UNREADY] * 2
    assert "LookupError: not ready" in str(told[0][2])


def test_a_task_that_is_withdrawn_before_it_begins_never_does() -> None:
    hall = Hall()
    hall.withdraw(-1)
    assert hall.run(hall.task(-1, "note", "a"), hall.task(-2, "note", "b")) == [
        (-1, Result.WITHDRAWN, None), (-2, Result.PLAIN, 1),
    ]  # fmt: skip
    assert hall.seat.log() == ["b"]


def test_a_task_that_waits_is_withdrawn_where_it_waits_on_an_idle_m_too() -> None:
    hall = Hall()
    assert hall.run(hall.task(-1, "parks", "a")) == []
    hall.withdraw(-1)
    hall.seat.settle()
    assert hall.ended() == [(-1, Result.WITHDRAWN, None)] and hall.seat.log() == ["a", "a ends"]


def test_a_task_that_is_runnable_ends_at_the_await_at_which_it_is() -> None:
    hall = Hall()
    hall.seat.machine._budget = 1
    hall.seat.work(hall.task(-1, "yields", "a"))
    hall.seat.turn()
    assert hall.seat.log() == ["a"]
    hall.withdraw(-1)
    hall.seat.settle()
    assert hall.ended() == [(-1, Result.WITHDRAWN, None)] and hall.seat.log() == ["a"]


def test_one_that_has_ended_or_never_comes_is_no_concern_and_force_is_remembered_for_those_that_are_here() -> None:
    hall = Hall()
    hall.run(hall.task(-1, "parks", "a"))
    (g,) = hall.seat.gs()
    tasks = hall.seat.machine.tasks
    assert not tasks.unwanted(g)
    hall.withdraw(-1, force=True)
    hall.withdraw(-7, -8)
    hall.withdraw(-1, program=ProgramId(9))
    assert tasks.unwanted(g)
    hall.seat.settle()
    hall.withdraw(*range(-10, -WITHDRAWN_MAX - 20, -1))
    assert hall.run(hall.call(-9, abs, -1)) == [(-9, Result.PLAIN, 1)]


def test_one_that_goes_on_here_after_it_was_withdrawn_elsewhere_ends() -> None:
    hall = Hall()
    hall.run(hall.task(-1, "parks", "a"))
    (g,) = hall.seat.gs()
    hall.seat.machine.tasks._pools[A].withdrawn[-1] = False  # told before it came
    hall.seat.machine.tasks.arrived(g)
    hall.seat.settle()
    assert hall.ended() == [(-1, Result.WITHDRAWN, None)]


def test_results_go_after_what_the_task_has_printed_and_to_the_coordinator() -> None:
    hall = Hall()
    hall.run(hall.call(-1, abs, -1))
    assert [to for to, message in hall.seat.sent if isinstance(message, w.Results)] == [COORDINATOR]
    assert all(isinstance(to, int) for to, _ in hall.seat.sent) and MId(-1) == COORDINATOR


def test_a_pool_that_is_over_is_forgotten() -> None:
    hall = Hall()
    hall.run(hall.task(-1, "parks", "a"))
    hall.withdraw(-1)
    hall.seat.take(w.Drop(A))
    hall.seat.settle()
    assert hall.ended() == [] and not hall.seat.machine.tasks._pools


def test_large_results_go_in_messages_of_their_own() -> None:
    hall = Hall()
    hall.seat.work(*(hall.call(-1 - i, bytes, BATCH_BYTES) for i in range(3)), hall.call(-9, abs, -1))
    hall.seat.settle()
    assert [message.tasks for message in hall.seat.heard(w.Results)] == [(-1,), (-2,), (-3,), (-9,)]


def test_a_result_that_no_frame_can_hold_is_an_error_of_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.core.tasks.TASK_BYTES_MAX", 1000)
    hall = Hall()
    told = hall.run(hall.call(-1, bytes, 2000), hall.call(-2, list, bytes(2000)), hall.call(-3, bytes, 700))
    assert [how for _, how, _ in told] == [Result.RAISED, Result.RAISED, Result.RETURNED]
    assert "and a result may have 1000: have it write a file" in str(told[0][2])


def test_large_results_go_to_the_depot_of_the_pool_whatever_their_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.core.tasks.TASK_BYTES_MAX", APART_BYTES_MIN)
    hall = Hall()
    hall.pickling.depot = depot = FakeDepot()
    size = APART_BYTES_MIN
    told = hall.run(hall.call(-1, bytes, size), hall.call(-2, bytearray, size), hall.call(-3, bytes, size - 200))
    assert [(number, value) for number, _, value in told] == [
        (-1, bytes(size)), (-2, bytearray(size)), (-3, bytes(size - 200)),
    ]  # fmt: skip
    assert [len(parts) for parts in depot.shelf.values()] == [2, 2]
    assert sum(len(value) for message in hall.seat.heard(w.Results) for value in message.values[:2]) < 500
    (results,) = hall.run(hall.call(-4, run_chunk, bytes, ([size, 3],), False))
    assert results[2][0] == [bytes(size), bytes(3)] and len(depot.shelf) == 3  # type: ignore[index]  # it is a Chunk


def test_large_arguments_are_read_where_they_lie() -> None:
    hall = Hall()
    hall.pickling.depot = depot = FakeDepot()
    shipping = Shipping(SOURCE, depot)
    function, data, _ = shipping.call(len, (bytes(APART_BYTES_MIN),), {})
    record = w.Record(A, -1, pickle.dumps((run_task, (function, bytes(data)), CREATOR)))
    assert hall.run(record) == [(-1, Result.PLAIN, APART_BYTES_MIN)]


def test_a_task_that_has_begun_elsewhere_tells_its_result_here() -> None:
    hall = Hall()
    hall.run(hall.task(-1, "parks", "a"))
    (g,) = hall.seat.gs()
    hall.seat.machine.tasks._pools.clear()  # as on an M where no task has begun
    hall.seat.machine.tasks.returned(g, 7, 0)
    hall.seat.settle()
    assert hall.ended() == [(-1, Result.PLAIN, 7)]
