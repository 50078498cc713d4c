"""What crosses the border of a process: by name, by value, by id, or not at all."""

import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from textwrap import dedent
from types import ModuleType

import pytest

from cluster.model.errors import CannotShipError, NotInGoroutineError, Panic, ProgramError, SendOnClosedError
from cluster.wire.pickling import MAIN_PREFIX, NoObjects, NotHere, Pickling

HERE, THERE, CLIENT = f"{MAIN_PREFIX}1_here__", f"{MAIN_PREFIX}1_there__", "main_of_a_client"

MAIN = """
    import enum
    import math
    from dataclasses import dataclass

    FACTOR = 3

    def work(x):
        return FACTOR * x

    async def coroutine_function():
        return 1

    class Point:
        class Inner:
            pass

        def __init__(self, x):
            self.x = x

        def double(self):
            return 2 * self.x

    @dataclass(frozen=True)
    class Pair:
        a: object
        b: object

    class Color(enum.Enum):
        RED = 1

    class Oops(Exception):
        pass

    def adder(n):
        def add(x):
            return work(x) + n + math.floor(0.5)
        return add

    square = lambda x: x * x

    def local_class():
        class Local:
            kind = "local"
        return Local()
"""


class Shared:
    """A shared object, as far as pickling knows: it has a name."""

    def __init__(self, name: str) -> None:
        self.name = name


class Table:
    """Who knows the shared objects of one process."""

    def __init__(self) -> None:
        self.found: dict[tuple[object, ...], Shared] = {}

    def name(self, obj: object) -> tuple[object, ...] | None:
        return ("chan", 3, obj.name) if isinstance(obj, Shared) else None

    def find(self, *name: object) -> object:
        return self.found.setdefault(name, Shared(str(name[2])))


@pytest.fixture(autouse=True)
def mains() -> Iterator[None]:
    """The same file, imported by two Ms and a client under names of their own."""
    for name in (HERE, THERE, CLIENT):
        module = sys.modules[name] = ModuleType(name)
        exec(dedent(MAIN), module.__dict__)
    yield
    for name in (HERE, THERE, CLIENT):
        del sys.modules[name]


def main(name: str, attribute: str) -> Callable[..., object]:
    found: object = sys.modules[name]
    for part in attribute.split("."):
        found = getattr(found, part)
    assert callable(found)
    return found


def here() -> Pickling:
    return Pickling(HERE, Table())


def there() -> Pickling:
    return Pickling(THERE, Table())


def crossed(obj: object) -> object:
    """What arrives at another M."""
    return there().loads(here().dumps(obj))


@pytest.mark.parametrize(
    "value", [None, True, 1 << 100, 1.5, "text", b"bytes", (1, [2, {3: {4}}]), frozenset({1}), range(3), print, OSError]
)
def test_plain_values_and_what_has_a_name_everywhere_arrive_as_they_are(value: object) -> None:
    assert crossed(value) == value


@pytest.mark.parametrize("name", ["work", "coroutine_function", "Point", "Point.Inner", "Color", "Oops", "Pair"])
def test_functions_and_classes_of_the_main_file_arrive_as_the_readers_own(name: str) -> None:
    assert crossed(main(HERE, name)) is main(THERE, name)


def test_a_client_and_an_m_understand_each_other_both_ways() -> None:
    client = Pickling(CLIENT, NoObjects())
    assert there().loads(client.dumps((main(CLIENT, "work"), (1,)))) == (main(THERE, "work"), (1,))
    assert client.loads(there().dumps(main(THERE, "Color")(1))) is main(CLIENT, "Color")(1)


def test_objects_of_classes_of_the_main_file_arrive_as_objects_of_the_readers() -> None:
    point = crossed(main(HERE, "Point")(4))
    assert type(point) is main(THERE, "Point") and point.x == 4
    assert crossed(main(HERE, "Pair")(1, "b")) == main(THERE, "Pair")(1, "b")
    assert crossed(main(HERE, "Color")(1)) is main(THERE, "Color")(1)
    oops = crossed(main(HERE, "Oops")("why"))
    assert type(oops) is main(THERE, "Oops") and oops.args == ("why",)  # type: ignore[attr-defined]


def test_methods_and_partials_of_the_main_file_arrive_bound() -> None:
    double = crossed(main(HERE, "Point")(4).double)  # type: ignore[attr-defined]
    assert callable(double) and double() == 8
    triple = crossed(partial(main(HERE, "work"), 5))
    assert isinstance(triple, partial) and triple.func is main(THERE, "work") and triple() == 15


def test_the_module_is_the_readers_also_in_the_state_of_its_globals() -> None:
    sys.modules[THERE].FACTOR = 100  # type: ignore[attr-defined]
    work = crossed(main(HERE, "work"))
    assert callable(work) and work(2) == 200


def test_closures_lambdas_and_local_classes_arrive_by_value() -> None:
    add = crossed(main(HERE, "adder")(7))
    assert callable(add) and add(1) == 3 + 7
    square = crossed(main(HERE, "square"))
    assert callable(square) and square(5) == 25
    assert crossed(main(HERE, "local_class")()).kind == "local"  # type: ignore[attr-defined]


def test_a_function_that_was_renamed_goes_by_value_not_as_whoever_has_its_name_now() -> None:
    work = main(HERE, "work")
    sys.modules[HERE].work = lambda x: "another"  # type: ignore[attr-defined]
    assert crossed(work)(1) == 3  # type: ignore[operator]


def test_a_file_that_nobody_else_has_goes_by_value_altogether() -> None:
    """A REPL, or a notebook."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec("def double(x): return 2 * x\ndef quadruple(x): return double(double(x))", namespace)
    repl = Pickling("__main__", Table(), main_by_value=True)
    quadruple = there().loads(repl.dumps(namespace["quadruple"]))
    assert callable(quadruple) and quadruple(3) == 12


def test_a_shared_object_is_one_object_wherever_it_lies() -> None:
    a, b = Shared("a"), Shared("b")
    reader = there()
    got = reader.loads(here().dumps({"x": [a, b], "y": (a,)}))
    assert isinstance(got, dict)
    assert got["x"][0] is got["y"][0] and got["x"][0].name == "a" and got["x"][1].name == "b"
    again = reader.loads(here().dumps(a))
    assert again is got["x"][0], "the reader knows it already"


def test_a_shared_object_in_a_closure_is_that_object_too() -> None:
    a, reader = Shared("a"), there()
    closure = reader.loads(here().dumps(lambda: a))
    assert callable(closure) and closure() is reader.loads(here().dumps(a))


def test_a_process_without_goroutines_gets_a_stand_in_and_hands_on_nothing() -> None:
    client = Pickling(CLIENT, NoObjects())
    got = client.loads(here().dumps(Shared("a")))
    assert isinstance(got, NotHere) and repr(got) == "<chan of a program that is over>"


def test_plain_pickle_does_not_take_shared_objects_for_something_else() -> None:
    for obj in (Shared("a"), main(HERE, "work")):
        with pytest.raises(CannotShipError, match="read by plain pickle"):
            pickle.loads(here().dumps(obj))


class Unwilling:
    def __reduce__(self) -> str:
        raise ValueError("I stay here")


class Nested:
    """Refers to itself, a thousand deep."""

    def __init__(self, depth: int) -> None:
        self.inner = None
        for _ in range(depth):
            outer = Nested(0)
            outer.inner = self.inner  # type: ignore[assignment]
            self.inner = outer  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("obj", "why"),
    [
        (threading.Lock(), "cannot pickle '_thread.lock' object"),
        (Unwilling(), "I stay here"),
        (Nested(100_000), "recursion"),
    ],
    ids=["lock", "unwilling", "deep"],
)
def test_what_cannot_be_sent_says_so_with_its_name_and_what_to_do(obj: object, why: str) -> None:
    with pytest.raises(CannotShipError, match="goroutine 7 must go to another process and cannot be pickled") as caught:
        here().dumps(obj, "goroutine 7")
    assert why in str(caught.value) and "Send plain values" in str(caught.value)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("filling", [0, 10_000], ids=["short", "long"])
def test_read_finds_what_is_of_the_main_file_and_what_is_not(filling: int) -> None:
    plain = {"name": "x" * filling, "numbers": [1, 2.5]}
    assert there().read(pickle.dumps(plain, 5)) == plain
    work, filled = there().read(here().dumps((main(HERE, "work"), "x" * filling)))  # type: ignore[misc]
    assert work is main(THERE, "work") and len(filled) == filling


def test_reading_raises_what_is_wrong_there() -> None:
    data = here().dumps(main(HERE, "work"))
    del sys.modules[THERE].work  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="work"):
        there().loads(data)
    for broken in (b"", data[:-3]):
        with pytest.raises((EOFError, pickle.UnpicklingError)):
            there().loads(broken)


@pytest.mark.parametrize(
    "error",
    [
        SendOnClosedError(),
        NotInGoroutineError("go"),
        ProgramError("panic: 1\n", 2),
        Panic(42),
        CannotShipError("text"),
        ValueError("v", 1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_arrive_with_their_class_their_text_and_what_they_carry(error: Exception) -> None:
    error.note = "kept"  # type: ignore[attr-defined]
    arrived = crossed(error)
    assert type(arrived) is type(error) and str(arrived) == str(error)
    assert vars(arrived) == vars(error)


def test_a_copy_is_what_another_m_would_get() -> None:
    pickling = Pickling("__main__", NoObjects())
    inner = ["x"]
    copy = pickling.copy([inner, inner, len])
    assert copy == [inner, inner, len]
    assert isinstance(copy, list) and copy[0] is copy[1] is not inner
    with pytest.raises(CannotShipError, match="a channel value must go to another process"):
        pickling.copy([threading.Lock()])
