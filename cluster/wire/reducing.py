"""How things of a started goroutine are written that pickle itself cannot write, or writes wrong.

Frames.     A coroutine, generator or async generator is (its code by name, then its frame). What it awaits
            is on its stack, so the whole chain follows. `Reducing.pairs` remembers each, so that the
            originals can be emptied when all has been written; nothing here changes anything.
Wrong.      Default pickling copies the items of a dict iterator, loses the cause and the context of an
            exception and calls its class's own __init__, binds methods by a name that may be private,
            and (cloudpickle) takes an open file for its contents.
By name.    Functions, classes and modules; the code of nested functions; sys.stdout and its kind; an
            `object()` or a ContextVar that is a global of a module which one of the frames uses.
Lost.       Tracebacks; but a generator that is suspended in a frame of one moves along, since its `finally`
            is still to run, when the exception goes. Identity with anything outside of what is written.
Bounds.     One `Reducing` writes one goroutine, and is then dropped.
Sources.    CPython's Lib/copyreg.py and Objects/{genobject,iterobject,dictobject}.c.
"""

import gc
import io
import itertools
import sys
import warnings
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from importlib import import_module
from traceback import walk_tb
from types import (
    AsyncGeneratorType,
    CellType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any, Final, Protocol, cast
from weakref import CallableProxyType, ProxyType, finalize

from cluster.kernel.g import G, Program
from cluster.kernel.sched import Sched
from cluster.model.errors import CannotShipError
from cluster.wire import frame, rebuilding
from cluster.wire.coderef import (
    Codes,
    NoNameError,
    attribute,
    cell,
    frame_of,
    function_of,
    main_module,
    nested_function,
)

SUSPENDED: Final = (CoroutineType, GeneratorType, AsyncGeneratorType)

_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that was made by a `class` statement
_STREAMS: Final = ("stdin", "stdout", "stderr")
_NEW: Final = 0  # state of an awaitable that nobody has awaited yet


class ByValueError(Exception):
    """Something has no name that another process knows: all must be written again, with cloudpickle at hand."""


class Names(Protocol):
    """Who knows the program's shared objects, and the things of its main file."""

    @property
    def codes(self) -> Codes:
        """The program's code, by name."""
        ...

    @property
    def main(self) -> str:
        """This process's name for the main module."""
        ...

    def reduce(self, obj: object) -> object:
        """How `obj` is written; NotImplemented when it is none of these."""
        ...


class Reducing:
    """Writes the things of one goroutine. `reduce` is the `reducer_override` of its pickler."""

    def __init__(self, names: Names, by_value: bool = False, mine: Sequence[object] = ()) -> None:
        """`mine`: things of this M, for each of which the reader has one of its own."""
        self._names: Final = names
        self.mine: Final = mine
        self._places: Final = {id(thing): i for i, thing in enumerate(mine)}
        self.by_value = by_value  # cloudpickle takes what has no name
        self.pairs: list[tuple[Any, int]] = []  # the frames that were read, outermost first, and where they stood
        self.awaitables: list[object] = []  # steps of async generators
        self._globals: dict[int, dict[str, Any]] = {}  # of the modules of these frames

    def begin_by_value(self) -> None:
        """All is written once more, with cloudpickle."""
        self.by_value = True
        self.pairs.clear()
        self.awaitables.clear()
        self._globals.clear()

    def reduce(self, obj: object) -> object:
        """How `obj` is written; NotImplemented when pickle does it right. CannotShipError when it cannot go."""
        place = self._places.get(id(obj))
        if place is not None:
            return rebuilding.mine, (place,)
        known = _BY_TYPE.get(type(obj))
        return self._other(obj) if known is None else known(self, obj)

    # -- frames

    def suspended(self, generator: Any) -> object:  # noqa: ANN401  # one of SUSPENDED, whose attributes differ
        try:
            captured = frame.primitives.capture(generator)
        except frame.primitives.FrameError as error:
            raise CannotShipError(f"{generator.__qualname__}: {error}") from None
        if captured is None:
            kind = SUSPENDED.index(type(generator))
            return rebuilding.finished, (kind, generator.__name__, generator.__qualname__)
        function = captured[0]
        self.pairs.append((generator, captured[1]))
        space = function.__globals__
        self._globals[id(space)] = space
        try:
            ref = self._names.codes.ref(function)
        except NoNameError as error:
            if not self.by_value:
                raise ByValueError(str(error)) from None
            return rebuilding.empty_frame, (function,), captured[1:], None, None, rebuilding.fill_frame
        return frame_of, (ref,), captured[1:], None, None, rebuilding.fill_frame

    def wrapper(self, obj: object) -> object:
        return rebuilding.wrapper, (frame.primitives.inspect_awaitable(obj),)

    def step(self, obj: object) -> object:
        self.awaitables.append(obj)
        return rebuilding.step, frame.primitives.inspect_awaitable(obj)

    def closing(self, obj: object) -> object:
        found: Any = frame.primitives.inspect_awaitable(obj)
        _, closes, state = found
        if state == _NEW and not closes:
            raise CannotShipError("an athrow() that nobody has awaited yet cannot move")
        self.awaitables.append(obj)
        return rebuilding.closing, found

    # -- functions and names

    def function(self, obj: FunctionType) -> object:
        if obj in _OUR_OWN:
            return NotImplemented
        reduced = self._names.reduce(obj)
        if reduced is not NotImplemented or attribute(sys.modules.get(obj.__module__), obj.__qualname__) is obj:
            return reduced
        return nested_function(obj, self._names.codes) or self._unnamed(obj.__qualname__)

    def method(self, obj: MethodType) -> object:
        return rebuilding.method, (obj.__func__, obj.__self__)

    def module(self, obj: ModuleType) -> object:
        if obj.__name__ == self._names.main:
            return main_module, ()
        if sys.modules.get(obj.__name__) is not obj:
            raise CannotShipError(f"module {obj.__name__!r} cannot be imported by its name")
        return import_module, (obj.__name__,)

    def _unnamed(self, what: str) -> object:
        if not self.by_value:
            raise ByValueError(f"{what} has no name that another process knows")
        return NotImplemented  # and cloudpickle goes on

    def sentinel(self, obj: object) -> object:
        """An `object()`: of a module, by name; else its identity within the goroutine is all that it has."""
        return self._global(obj) or NotImplemented

    def context_variable(self, obj: ContextVar[Any]) -> object:
        found = self._global(obj)
        if found is None:
            raise CannotShipError(f"{obj!r} is no global variable of a module that this goroutine's functions use")
        return found

    def _global(self, obj: object) -> object:
        for space in self._spaces():
            for name, value in space.items():
                if value is obj:
                    return rebuilding.module_global, (sys.modules[space["__name__"]], name)
        return None

    def _spaces(self) -> list[dict[str, Any]]:
        """The globals of the modules of the frames, then of the modules that these have imported."""
        own = list(self._globals.values())
        imported = [value.__dict__ for space in own for value in list(space.values()) if isinstance(value, ModuleType)]
        loaded = [space for space in own + imported if space.get("__name__") in sys.modules]
        return [space for space in loaded if sys.modules[space["__name__"]].__dict__ is space]

    # -- values

    def traceback(self, _: object) -> object:
        return rebuilding.nothing, ()

    def refused(self, obj: object) -> object:
        raise CannotShipError(f"cannot pickle {type(obj).__qualname__!r} object: {_REFUSED[type(obj)]}")

    def itertool(self, obj: Any) -> object:  # noqa: ANN401  # an iterator of itertools
        """As pickle does, without the deprecation warning, which is no concern of the program's."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            make, args, *state = obj.__reduce__()
        return (make, args, *state, None, None, rebuilding.fill_quietly) if state else (make, args)

    def _other(self, obj: object) -> object:
        reduced = self._names.reduce(obj)
        kind = type(obj)  # and not isinstance, which asks a program's own `__class__`
        if reduced is not NotImplemented or issubclass(kind, type):
            return reduced
        if issubclass(kind, BaseException):
            return _exception(cast("BaseException", obj))
        if issubclass(kind, finalize):
            raise CannotShipError(
                "cannot pickle 'finalize' object: it is called when something of this process is gone"
            )
        if issubclass(kind, io.IOBase) and not issubclass(kind, io.BytesIO | io.StringIO):
            for name in _STREAMS:
                if obj is getattr(sys, name):
                    return rebuilding.stream, (name,)
            raise CannotShipError(f"cannot pickle {type(obj).__qualname__!r} object: an open file of this process")
        if issubclass(kind, _OF_ITS_M):
            raise CannotShipError(f"cannot pickle {type(obj).__qualname__!r} object: it is of this M, and holds others")
        return NotImplemented


def _exception(error: BaseException) -> object:
    """With its cause and context; of a program's class, without a call of its `__init__`."""
    cls = type(error)
    reduced: Any = error.__reduce_ex__(4)
    if not isinstance(reduced, tuple) or len(reduced) > 3:
        return reduced  # the class has its own way
    make, args, attributes = (*reduced, None)[:3]
    own_way = cls.__reduce_ex__ is not object.__reduce_ex__ or "__reduce__" in _made_by_programs(cls)
    if cls.__flags__ & _HEAP_TYPE and not own_way:
        make, args = rebuilding.exception, (cls, args)
    state = (attributes, error.__cause__, error.__context__, error.__suppress_context__, _abandoned(error))
    return make, args, state, None, None, rebuilding.fill_exception


def _abandoned(error: BaseException) -> list[object] | None:
    """The generators that nothing but its traceback keeps alive: without them, they would be closed, here and now."""
    found: list[object] = [
        held for inner, _ in walk_tb(error.__traceback__) for held in frame.primitives.abandoned(inner)
    ]
    return found or None


def _made_by_programs(cls: type) -> set[str]:
    """The names that classes made by `class` statements define, of `cls` and its bases."""
    return {name for base in cls.__mro__ if base.__flags__ & _HEAP_TYPE for name in base.__dict__}


def _dict_iterator(view: int, backwards: bool) -> Callable[[Reducing, Any], object]:
    def reduce(_: Reducing, iterator: Any) -> object:  # noqa: ANN401  # one of six types that have no name
        items = next((held for held in gc.get_referents(iterator) if isinstance(held, dict)), None)
        if items is None:  # it is exhausted
            return rebuilding.dict_iterator, ({}, view, backwards, 0)
        left = iterator.__length_hint__()
        if left == 0:  # at the end, or it will say that its dict has changed
            try:
                iterator.__reduce__()
            except RuntimeError as error:
                raise CannotShipError(str(error)) from None
        return rebuilding.dict_iterator, (items, view, backwards, len(items) - left)

    return reduce


def _dict_view(view: int) -> Callable[[Reducing, Any], object]:
    def reduce(_: Reducing, shown: Any) -> object:  # noqa: ANN401  # one of three types that have no name
        return rebuilding.dict_view, (next(held for held in gc.get_referents(shown) if isinstance(held, dict)), view)

    return reduce


async def _coroutine() -> None:
    """To have one."""


async def _series() -> Any:  # noqa: ANN401  # an async generator
    yield


def _types_of_awaitables() -> tuple[type, type, type]:
    """Of `coroutine.__await__()`, `generator.asend()` and `generator.aclose()`: no module has names for them."""
    coroutine, generator = _coroutine(), _series()
    made = coroutine.__await__(), generator.asend(None), generator.aclose()
    types = type(made[0]), type(made[1]), type(made[2])
    coroutine.close()
    for awaitable in made[1:]:
        awaitable.close()
    return types


_WRAPPER, _STEP, _CLOSING = _types_of_awaitables()
_VIEWS: Final[tuple[Any, ...]] = ({}.keys(), {}.values(), {}.items())
# Through one of these all goroutines of the M would be written, and then emptied.
_OF_ITS_M: Final = (G, Sched, Program)
_REFUSED: Final[dict[type, str]] = {
    memoryview: "a view of memory of this process",
    FrameType: "a frame of this process",
    ProxyType: "a weak reference to something of this process",
    CallableProxyType: "a weak reference to something of this process",
}
_OUR_OWN: Final = frozenset(
    value
    for value in (*vars(rebuilding).values(), frame_of, function_of, main_module)
    if isinstance(value, FunctionType)
)
_BY_TYPE: Final[dict[type, Callable[[Reducing, Any], object]]] = {
    **dict.fromkeys(SUSPENDED, Reducing.suspended),
    _WRAPPER: Reducing.wrapper,
    _STEP: Reducing.step,
    _CLOSING: Reducing.closing,
    CellType: lambda _, obj: cell(obj),
    FunctionType: Reducing.function,
    MethodType: Reducing.method,
    ModuleType: Reducing.module,
    object: Reducing.sentinel,
    ContextVar: Reducing.context_variable,
    TracebackType: Reducing.traceback,
    **dict.fromkeys(_REFUSED, Reducing.refused),
    **{type(iter(view)): _dict_iterator(i, False) for i, view in enumerate(_VIEWS)},
    **{type(reversed(view)): _dict_iterator(i, True) for i, view in enumerate(_VIEWS)},
    **{type(view): _dict_view(i) for i, view in enumerate(_VIEWS)},
    **{tool: Reducing.itertool for tool in vars(itertools).values() if isinstance(tool, type)},
}
