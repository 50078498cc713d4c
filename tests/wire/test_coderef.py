import functools
import sys
from types import FunctionType, ModuleType
from typing import Any

import pytest

from cluster.bench.movepeer import NoneShared
from cluster.kernel.parks import parks
from cluster.model.errors import CannotShipError
from cluster.wire.coderef import Codes, NoNameError, attribute, digest, frame_of, function_of, functions_behind, walk
from cluster.wire.pickling import MAIN_PREFIX, NoObjects, Pickling
from tests.wire.movable import Account, decorated, nameless, park

nowhere = lambda: 1  # noqa: E731


def outer(n: int) -> Any:  # noqa: ANN401  # a function
    def inner(by: int = 2, *, twice: bool = False) -> int:
        """Its documentation."""
        return n + by * (1 + twice)

    return inner


@functools.cache
def cached() -> Any:  # noqa: ANN401  # a function
    return lambda: 3


class Owner:
    @property
    def shown(self) -> Any:  # noqa: ANN401  # a generator
        return (i for i in range(3))

    def __hidden(self) -> int:
        return 1

    def hidden(self) -> Any:  # noqa: ANN401  # a method
        return self.__hidden

    @parks
    def parked(self) -> Any:  # noqa: ANN401
        yield 1


def name_of(function: Any) -> tuple[str, str, int, tuple[int, ...]]:  # noqa: ANN401
    return Codes("__main__").ref(function)[:4]


def found(function: Any) -> FunctionType:  # noqa: ANN401
    """The function that another process would find."""
    ref = Codes("__main__").ref(function)
    return Codes("__main__").function(ref)


def test_code_is_named_by_a_function_of_its_module_and_the_way_from_there() -> None:
    assert name_of(outer) == (__name__, "outer", 0, ())
    module, top, nth, path = name_of(outer(1))
    assert (module, top, nth) == (__name__, "outer", 0)
    assert path


@pytest.mark.parametrize(
    "function",
    [
        outer,
        outer(1),
        cached.__wrapped__,
        cached(),
        Owner.shown.fget,  # type: ignore[attr-defined]
        Owner().hidden().__func__,
        Owner.parked,
        Account.alone,
        Account.opened.__func__,
        Account.disguised,
        nameless,
        nowhere,
        park,
    ],
    ids=lambda function: function.__qualname__,
)
def test_a_function_is_found_again_by_its_name(function: Any) -> None:  # noqa: ANN401
    assert found(function).__code__ == function.__code__
    assert found(function).__globals__ is function.__globals__


def test_what_a_decorator_hides_is_found_in_the_source() -> None:
    hidden = decorated.__closure__[0].cell_contents
    assert name_of(hidden)[:2] == ("tests.wire.movable", "")
    assert found(hidden).__code__ == hidden.__code__


def test_code_of_no_module_has_no_name() -> None:
    space: dict[str, Any] = {"__name__": "nowhere_at_all"}
    exec("def f(): pass", space)
    with pytest.raises(NoNameError, match="f is of no module"):
        name_of(space["f"])
    here = dict(space, __name__=__name__)
    exec("def g(): pass", here)
    with pytest.raises(NoNameError):
        name_of(here["g"])
    replaced = FunctionType(outer.__code__.replace(co_name="other", co_firstlineno=1), globals())
    with pytest.raises(NoNameError, match="not found in the source"):
        name_of(replaced)


def test_a_main_file_that_others_do_not_have_names_nothing() -> None:
    module = sys.modules[__name__]
    assert Codes(module.__name__).ref(outer)[0] == ""  # type: ignore[arg-type]
    with pytest.raises(NoNameError):
        Codes(module.__name__, main_by_value=True).ref(outer)  # type: ignore[arg-type]


def test_the_digest_tells_code_apart_by_all_that_a_suspended_frame_depends_on() -> None:
    def code(source: str, path: str = "x.py") -> bytes:
        return digest(compile(source, path, "exec"))

    same = "def f(a):\n    return [a, 1, (2, b'x'), {3, 4} & {'p'}]"
    assert code(same) == code(same, "elsewhere.py")
    others = [same.replace("1", "1.0"), same.replace("2", "True"), same.replace("(a)", "(a, /)"), "\n" + same]
    others += [same.replace("f(a)", "g(a)"), same.replace("return", "yield"), same.replace("a", "b")]
    assert len({code(source) for source in [same, *others]}) == len(others) + 1


def test_walk_finds_each_code_object_once_and_the_way_to_it() -> None:
    for path, code in walk(outer.__code__):
        reached: Any = outer.__code__
        for step in path:
            reached = reached.co_consts[step]
        assert reached is code


def test_attributes_are_found_as_they_are_and_no_code_of_the_program_runs() -> None:
    class Loud:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    module = ModuleType("loud")
    module.loud = Loud()  # type: ignore[attr-defined]
    assert attribute(module, "loud.anything") is None
    assert attribute(None, "x") is None
    assert functions_behind(Loud()) == []
    assert isinstance(attribute(sys.modules[__name__], "Owner.shown"), property)


def test_a_nested_function_keeps_its_defaults_names_attributes_and_documentation() -> None:
    pickling = Pickling("__main__", NoneShared())
    inner = outer(5)
    inner.mark, inner.__name__ = [inner], "renamed"
    copy: Any = pickling.loads(pickling.dumps(inner))
    assert copy is not inner
    assert (copy(), copy(1, twice=True)) == (7, 7)
    assert (copy.__name__, copy.__qualname__, copy.__doc__) == ("renamed", inner.__qualname__, "Its documentation.")
    assert copy.mark == [copy]


def test_closures_between_ms_go_without_cloudpickle_and_a_clients_by_value() -> None:
    between_ms = Pickling("__main__", NoneShared()).dumps(outer(5))
    of_a_client = Pickling("__main__", NoObjects()).dumps(outer(5))
    assert b"cloudpickle" not in between_ms
    assert b"cloudpickle" in of_a_client
    assert len(between_ms) < len(of_a_client)


def test_a_reader_without_that_code_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{MAIN_PREFIX}9__"
    module = ModuleType(name)
    exec(compile("def f():\n  return lambda: 1", "here.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, name, module)
    ref = Codes(name).ref(module.f)
    del module.f
    with pytest.raises(CannotShipError, match=rf"the code of f in here.py.*not that of {name}"):
        Codes(name).function(ref)
    for wrong in [("", "f", 9, (), b"", ""), ("", "", 0, (99,), b"", ""), ("json", "dumps", 0, (0, 0, 0), b"", "")]:
        with pytest.raises(CannotShipError, match="the same everywhere"):
            Codes(name).function(wrong)


def test_plain_pickle_does_not_read_names() -> None:
    ref = Codes("__main__").ref(outer)
    for call in (lambda: frame_of(ref), lambda: function_of(ref, None)):
        with pytest.raises(CannotShipError, match="read by plain pickle"):
            call()
