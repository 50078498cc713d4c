import contextvars
import io
import itertools
import sys
import traceback
import warnings
from typing import Any

import pytest

from cluster.bench.movepeer import NoneShared
from cluster.kernel.g import Program
from cluster.kernel.sched import Sched
from cluster.model.errors import CannotShipError
from cluster.model.ids import ProgramId
from cluster.wire import frame
from cluster.wire.moving import pack, unpack
from cluster.wire.pickling import Pickling
from tests.fakes import FakeClock
from tests.wire.movable import SETTING, OwnError, park

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)


def copied(value: object) -> Any:  # noqa: ANN401  # what `value` is
    pickling = Pickling("__main__", NoneShared())
    return unpack(pack(value, pickling).data, pickling)


def raised(error: BaseException) -> BaseException:
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_an_exception_keeps_its_cause_its_context_its_notes_and_attributes_but_no_traceback() -> None:
    error = raised(OwnError("first", second=2))
    error.__cause__, error.__context__ = KeyError(1), ValueError(error)
    error.add_note("noted")
    copy = copied(error)
    assert (type(copy), copy.args, copy.second, copy.__notes__) == (OwnError, ("first 2",), 2, ["noted"])
    assert (repr(copy.__cause__), copy.__suppress_context__, copy.__traceback__) == ("KeyError(1)", True, None)
    assert copy.__context__.args == (copy,)


class LostFileError(FileNotFoundError):
    def __init__(self, where: str) -> None:
        super().__init__(2, "lost", where)


class EndError(StopIteration):
    def __init__(self, *, value: int) -> None:
        super().__init__(value)


class OddError(Exception):
    def __reduce__(self) -> tuple[Any, ...]:
        return OddError, ("its own way",)


@pytest.mark.parametrize(
    ("error", "names"),
    [
        (OSError(2, "no file", "name"), ["errno", "strerror", "filename"]),
        (LostFileError("there"), ["errno", "filename", "args"]),
        (EndError(value=3), ["value", "args"]),
        (SystemExit(3), ["code"]),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"), ["object", "reason"]),
        (ImportError("no", name="n", path="p"), ["name", "path", "msg"]),
        (ExceptionGroup("g", [ValueError(1)]), ["message"]),
        (KeyboardInterrupt(), ["args"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exceptions_with_fields_of_their_own_keep_these(error: BaseException, names: list[str]) -> None:
    if type(error) is LostFileError:
        with pytest.raises(TypeError):
            type(error)(*error.args)  # as pickle would make it
    copy = copied(error)
    assert type(copy) is type(error)
    assert [getattr(copy, name) for name in names] == [getattr(error, name) for name in names]


def test_an_exception_that_reduces_itself_does_so() -> None:
    assert copied(OddError("given")).args == ("its own way",)


def test_a_dict_iterator_goes_on_over_the_dict_itself() -> None:
    items = {1: "a", 2: "b", 3: "c"}
    for made in (lambda: iter(items), lambda: iter(items.items()), lambda: reversed(items.values())):
        iterator: Any = made()
        next(iterator)
        copy, dict_copy = copied((iterator, items))
        dict_copy.update({1: "A", 2: "B", 3: "C"})
        expected: Any = dict_copy | {}
        rest = list(copy)
        assert len(rest) == 2
        assert rest in ([2, 3], [(2, "B"), (3, "C")], ["B", "A"]), expected


def test_iterators_that_are_at_their_end_stay_there() -> None:
    items = {1: 1}
    at_end, exhausted = iter(items), iter(items)
    next(at_end)
    assert list(exhausted) == [1]
    assert [list(copy) for copy in copied((at_end, exhausted, iter({})))] == [[], [], []]


def test_dict_views_show_the_dict_that_goes_with_them() -> None:
    items = {1: 2}
    keys, values, pairs, copy = copied((items.keys(), items.values(), items.items(), items))
    copy[3] = 4
    assert (list(keys), list(values), list(pairs)) == ([1, 3], [2, 4], [(1, 2), (3, 4)])


def test_iterators_of_itertools_go_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        counting, around = itertools.count(3, 2), itertools.cycle("ab")
        assert (next(counting), next(around)) == (3, "a")
        counting_copy, around_copy = copied((counting, around))
    assert (next(counting_copy), next(around_copy), next(around_copy)) == (5, "b", "a")


class Private:
    def __secret(self) -> str:
        return "secret"

    def secret(self) -> Any:  # noqa: ANN401  # a method
        return self.__secret

    def shown(self) -> str:
        return "base"


class Overrides(Private):
    def shown(self) -> str:
        return "derived"


def test_methods_are_bound_to_their_function_and_not_to_their_name() -> None:
    owner = Overrides()
    secret, base, again = copied((owner.secret(), super(Overrides, owner).shown, owner))
    assert (secret(), base(), base.__self__ is again) == ("secret", "base", True)


def test_streams_of_the_process_go_by_name_and_other_files_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(__file__) as file:
        with pytest.raises(CannotShipError, match="an open file of this process"):
            copied(file)
        monkeypatch.setattr(sys, "stdin", file)
        assert copied(file) is file
    assert copied(io.StringIO("text")).getvalue() == "text"
    assert copied(io.BytesIO(b"data")).getvalue() == b"data"


def test_what_would_bring_all_goroutines_of_the_m_along_stays() -> None:
    program = Program(ProgramId(1))
    sched = Sched(FakeClock())
    for owner in (program, sched, sched.spawn_main(program, park, ())):
        with pytest.raises(CannotShipError, match="it is of this M"):
            copied([owner])


def test_modules_go_by_name() -> None:
    assert copied(traceback) is traceback


def test_a_module_that_cannot_be_imported_stays() -> None:
    with pytest.raises(CannotShipError, match="module 'unknown' cannot be imported"):
        copied(type(sys)("unknown"))


def test_context_variables_of_modules_go_by_name() -> None:
    async def holds() -> bool:
        held = SETTING
        await park()
        return held is SETTING

    coroutine: Any = holds()
    coroutine.send(None)
    with pytest.raises(StopIteration) as end:
        copied(coroutine).send(None)
    assert end.value.value is True
    coroutine.close()
    with pytest.raises(CannotShipError, match="no global variable"):
        copied(contextvars.ContextVar("own"))
