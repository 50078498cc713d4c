"""Calls and their results, as bytes."""

import pickle
import threading
from typing import Any, cast

import pytest

from cluster.kernel.plain import SHORT_MAX
from cluster.kernel.tasks import carry, run_task
from cluster.model.errors import CannotShipError
from cluster.model.ids import ProgramId
from cluster.model.limits import APART_BYTES_MIN
from cluster.pool.futures import Future
from cluster.pool.shipping import FUNCTIONS_MAX, Shipping, carrier
from cluster.wire import apart
from cluster.wire.apart import Reference
from cluster.wire.messages import Source
from cluster.wire.parts import Result
from tests.fakes import FakeDepot

LARGE = APART_BYTES_MIN
FILE = Source("/p.py", "", (), (), "", "")
NO_FILE = FILE._replace(path="")


def double(x: int) -> int:
    return 2 * x


async def later(x: int) -> int:
    return x


class OddError(Exception):
    def __init__(self, a: int, b: int) -> None:
        super().__init__(a)


class Unwritable:
    def __reduce__(self) -> tuple[object, ...]:
        raise LookupError("its own code")


def running() -> Future[object]:
    future: Future[object] = Future()
    future.set_running_or_notify_cancel()
    return future


def test_a_function_with_a_name_goes_apart_from_its_arguments_and_is_written_once() -> None:
    shipping = Shipping(FILE)
    function, data, parks = shipping.call(double, (3,), {"y": 4})
    assert pickle.loads(function) is double and pickle.loads(data) == ((3,), {"y": 4}) and not parks
    assert shipping.call(double, (), {})[0] is function
    assert shipping.call(later, (), {})[2], "an async function can wait"
    assert pickle.loads(shipping.call(pow, (2, 3), {})[0]) is pow


def test_what_has_no_name_goes_by_value() -> None:
    shipping = Shipping(FILE)
    y = 5
    function, data, _ = shipping.call(lambda x: x + y, (3,), {})
    assert function == b""
    fn, args, _ = pickle.loads(data)
    assert fn(*args) == 8
    assert shipping.call([].append, (), {})[0] == b"", "a method is no function"


def test_functions_are_forgotten_when_they_are_too_many() -> None:
    shipping = Shipping(FILE)
    for i in range(FUNCTIONS_MAX + 1):
        shipping.call(eval(f"lambda: {i}"), (), {})
    assert len(shipping._functions) <= FUNCTIONS_MAX


@pytest.mark.parametrize("argument", [threading.Lock(), Unwritable()])
def test_an_argument_that_cannot_be_written_is_refused_with_the_name_of_the_task(argument: object) -> None:
    with pytest.raises(CannotShipError, match=r"a task, <function double .*>, or an argument of it, must go to"):
        Shipping(FILE).call(double, (argument,), {})


def test_without_a_file_what_is_of_main_goes_by_value() -> None:
    shipping = Shipping(NO_FILE)
    assert shipping.call(double, (1,), {})[0] != b"", "it is of this module"
    made = type("Made", (), {"__module__": "__main__"})
    assert shipping.call(double, (made,), {})[0] == b""


def test_results_are_read_and_set() -> None:
    shipping = Shipping(FILE)
    plain, returned, raised, withdrawn = running(), running(), running(), running()
    assert shipping.settle(plain, Result.PLAIN, 7) is None and plain.result() == 7
    assert shipping.settle(returned, Result.RETURNED, pickle.dumps([1])) is None and returned.result() == [1]
    value = pickle.dumps((pickle.dumps(LookupError("no")), "LookupError: no", "Traceback …\n"))
    assert shipping.settle(raised, Result.RAISED, value) is None
    with pytest.raises(LookupError) as caught:
        raised.result()
    assert caught.value.__notes__ == ["\nTraceback on the worker:\nTraceback …"]
    assert shipping.settle(withdrawn, Result.WITHDRAWN, b"") is None and withdrawn.cancelled()


def test_an_initializer_that_has_raised_breaks_the_pool() -> None:
    value = pickle.dumps((pickle.dumps(LookupError("no")), "LookupError: no", "…"))
    future = running()
    assert isinstance(Shipping(FILE).settle(future, Result.UNREADY, value), LookupError) and not future.done()


def test_what_cannot_be_read_is_said_in_words() -> None:
    shipping = Shipping(FILE)
    future = running()
    shipping.settle(future, Result.RETURNED, b"cno_such_module\nf\n.")
    with pytest.raises(CannotShipError, match="its result cannot be read in this process: ModuleNotFoundError"):
        future.result()
    odd = shipping.exception(pickle.dumps((pickle.dumps(OddError(1, 2)), "OddError: 1", "lines")))
    assert isinstance(odd, CannotShipError) and "OddError: 1 cannot be read in this process: TypeError" in str(odd)
    assert "lines" in odd.__notes__[0]
    unwritten = shipping.exception(pickle.dumps((b"", "Held must go to another process", "lines")))
    assert isinstance(unwritten, CannotShipError) and str(unwritten) == "Held must go to another process"


def test_a_lone_task_travels_by_itself_and_several_in_one_goroutine_with_each_function_once() -> None:
    tasks: list[Future[object]] = []
    for number, function in ((-4, b"f"), (-5, b""), (-6, b"f")):
        future: Future[object] = Future(function, b"data%d" % -number)
        future.number = number
        tasks.append(future)
    record = carrier(ProgramId(1), -4, tasks[:1])
    assert record.goid == -4 and pickle.loads(record.body)[:2] == (run_task, (b"f", b"data4"))
    record = carrier(ProgramId(1), -9, tasks)
    fn, (functions, listed), _ = pickle.loads(record.body)
    assert (fn, functions) == (carry, (b"f",))
    assert pickle.loads(listed) == [(-4, 0, b"data4"), (-5, -1, b"data5"), (-6, 0, b"data6")]


class Array:
    """Gives its memory out of band, as an array of NumPy does."""

    def __init__(self, data: bytearray) -> None:
        self.data = data

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return Array, (pickle.PickleBuffer(self.data),)


def read(shipping: Shipping, data: bytes) -> tuple[Any, ...]:
    return cast("tuple[Any, ...]", shipping._pickling.read(bytes(data)))


@pytest.mark.parametrize("value", [b"x" * LARGE, bytearray(b"x" * LARGE), "x" * LARGE])
@pytest.mark.parametrize("source", [FILE, NO_FILE])
def test_large_arguments_go_to_the_depot(value: object, source: Source) -> None:
    shipping = Shipping(source, depot := FakeDepot())
    function, data, parks = shipping.call(later, (value, 1), {"y": value})
    assert pickle.loads(function) is later and parks and isinstance(data, Reference) and len(data) < 200
    assert read(shipping, data) == ((value, 1), {"y": value})
    assert data.size >= LARGE and list(depot.shelf) == [data.name]
    assert shipping.fetched >= LARGE


def test_arrays_are_not_copied_on_their_way_and_functions_by_value_may_hold_some() -> None:
    shipping = Shipping(FILE, depot := FakeDepot())
    array = Array(bytearray(b"x" * LARGE))
    _, data, _ = shipping.call(double, (array,), {"y": 1})
    assert isinstance(data, Reference) and [len(part) for part in depot.shelf[data.name]][1:] == [LARGE]
    (args, kwargs) = read(shipping, data)
    assert bytes(args[0].data) == bytes(array.data) and kwargs == {"y": 1}
    function, data, _ = shipping.call(lambda: array, (), {})
    assert function == b"" and isinstance(data, Reference) and len(depot.shelf[data.name]) == 2
    fn, args, _ = read(shipping, data)
    assert bytes(fn(*args).data) == bytes(array.data)


def test_what_is_short_stays_in_the_frame_and_so_does_all_when_there_is_no_room() -> None:
    shipping = Shipping(FILE, depot := FakeDepot())
    assert not isinstance(shipping.call(double, (Array(bytearray(100)), b"x" * 100), {"y": b""})[1], Reference)
    assert not depot.shelf
    full = Shipping(FILE, FakeDepot(room=0))
    for value in (b"x" * LARGE, "x" * LARGE):
        data = full.call(double, (value,), {})[1]
        assert not isinstance(data, Reference) and pickle.loads(data) == ((value,), {})
    assert len(full.call(double, (Array(bytearray(LARGE)),), {})[1]) > LARGE


def test_arguments_that_no_frame_can_hold_are_refused_only_where_they_would_be_in_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cluster.pool.shipping.TASK_BYTES_MAX", 1000)
    assert Shipping(FILE, FakeDepot()).call(double, (b"x" * LARGE,), {})[0]
    for depot in (None, FakeDepot(room=0)):
        with pytest.raises(CannotShipError, match=r"have \d+ bytes, and a task may have 1000"):
            Shipping(FILE, depot).call(double, (b"x" * LARGE,), {})


def test_a_large_result_is_fetched_and_counted_and_one_that_nobody_wants_is_dropped() -> None:
    shipping = Shipping(FILE, depot := FakeDepot())
    value = [b"x" * LARGE, b"y" * LARGE]
    data = bytes(apart.dumps(shipping._pickling, depot, value, "a result"))
    future = running()
    shipping.settle(future, Result.RETURNED, data)
    assert future.result() == value and future.brought > 2 * LARGE
    shipping.discard(data)
    shipping.discard(pickle.dumps(value))
    assert depot.dropped == list(depot.shelf)
    Shipping(FILE).discard(data)


def test_an_initializer_is_written_or_refused() -> None:
    shipping = Shipping(FILE)
    assert shipping.initializer(None, ()) == b""
    assert pickle.loads(shipping.initializer(double, (1,))) == (double, (1,))
    with pytest.raises(CannotShipError, match="the initializer or an argument of it"):
        shipping.initializer(double, (threading.Lock(),))


def test_arguments_that_no_frame_can_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.pool.shipping.TASK_BYTES_MAX", 100)
    shipping = Shipping(FILE)
    assert shipping.call(double, (b"x" * 50,), {})[0]
    with pytest.raises(CannotShipError, match=r"have \d+ bytes, and a task may have 100: put them into a file"):
        shipping.call(double, (b"x" * LARGE,), {})


def test_short_plain_arguments_go_as_they_are_and_all_others_as_a_copy_of_now() -> None:
    shipping, changed = Shipping(FILE), [1]
    assert shipping.call(double, (1, "a", b"b", None, 2.5, True), {})[1] == (1, "a", b"b", None, 2.5, True)
    for args, kwargs in (((changed,), {}), ((1,), {"a": 2}), (("a" * (SHORT_MAX + 1),), {})):
        data = shipping.call(double, args, kwargs)[1]
        assert isinstance(data, bytes) and pickle.loads(data) == (args, kwargs)
