"""What a pickled goroutine calls when it is read: a function here for each kind of thing that pickle cannot write.

The names of these functions are on the wire. Those that must know the reader's program are in coderef.py.
What can be part of a circle is made empty, and filled by a second call: see `Reducing` for the writing side.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from cluster.wire import frame

ABANDONED: Final = "__gmp_abandoned__"  # an attribute of exceptions


async def _no_coroutine() -> None:
    """Never runs: what is made of it is emptied."""


def _no_generator() -> Iterator[None]:
    yield


async def _no_async_generator() -> Any:  # noqa: ANN401  # the one kind that no annotation can name without importing it
    yield


_FINISHED: Final[tuple[Any, ...]] = (_no_coroutine, _no_generator, _no_async_generator)
_DICT_VIEWS: Final[tuple[Callable[[dict[object, object]], Any], ...]] = (dict.keys, dict.values, dict.items)


def finished(kind: int, name: str, qualname: str) -> object:
    """A coroutine, generator or async generator that has ended."""
    made: Any = frame.primitives.alloc(_FINISHED[kind])
    made.__name__, made.__qualname__ = name, qualname
    return made


def empty_frame(function: FunctionType) -> object:
    """An empty coroutine of a function that came by value."""
    return frame.primitives.alloc(function)


def fill_frame(made: Any, state: tuple[Any, ...]) -> None:  # noqa: ANN401  # `restore` checks all of it
    """Give an empty frame its contents."""
    frame.primitives.restore(made, *state)


def cell() -> CellType:
    """A cell without contents."""
    return CellType()


def fill_cell(made: CellType, contents: tuple[object]) -> None:
    """Give a cell its contents."""
    made.cell_contents = contents[0]


def fill_function(made: FunctionType, state: tuple[dict[str, object], dict[str, object]]) -> None:
    """Give a nested function its defaults and what else it has, and its own attributes."""
    for name, value in state[0].items():
        setattr(made, name, value)
    made.__dict__.update(state[1])


def method(function: FunctionType, owner: object) -> MethodType:
    """A bound method; not by its name, which may be private, or overridden in the class of `owner`."""
    return MethodType(function, owner)


def exception(cls: type[BaseException], args: tuple[object, ...]) -> BaseException:
    """An exception of a program's class, whose `__init__` is not called: it may take other arguments than `args`."""
    builtin: Any = next(base for base in cls.__mro__ if base.__module__ == "builtins")
    made: BaseException = builtin.__new__(cls, *args)
    builtin.__init__(made, *args)
    return made


def fill_exception(made: BaseException, state: tuple[Any, Any, Any, bool, list[object] | None]) -> None:
    """Give an exception its attributes, where it came from, and the generators that its traceback kept."""
    attributes, made.__cause__, made.__context__, made.__suppress_context__, abandoned = state
    if attributes is not None:
        made.__setstate__(attributes)
    if abandoned is not None:
        made.__dict__[ABANDONED] = abandoned


def mine(position: int) -> object:
    """What belongs to the M of a goroutine, by its place among those things. Replaced by the reader's own."""
    raise AssertionError(f"thing {position} of an M was read by plain pickle")


def nothing() -> None:
    """What stands for a traceback: its frames stayed behind."""


def dict_iterator(items: dict[object, object], view: int, backwards: bool, done: int) -> object:
    """An iterator over a dict itself, as default pickling would not make it, that has made `done` steps."""
    shown = _DICT_VIEWS[view](items)
    made: Iterator[object] = reversed(shown) if backwards else iter(shown)
    next(islice(made, done, done), None)
    return made


def dict_view(items: dict[object, object], view: int) -> object:
    """`items.keys()`, `items.values()` or `items.items()`."""
    shown: object = _DICT_VIEWS[view](items)
    return shown


def wrapper(coroutine: Any) -> object:  # noqa: ANN401  # a coroutine, empty as yet
    """`coroutine.__await__()`."""
    return coroutine.__await__()


def step(generator: Any, value: object, state: int) -> object:  # noqa: ANN401  # an async generator
    """`generator.asend(value)`, new, begun or done."""
    made = generator.asend(value)
    frame.primitives.set_awaitable(made, state)
    return made


def closing(generator: Any, closes: bool, state: int) -> object:  # noqa: ANN401  # an async generator
    """`generator.aclose()`, new, begun or done; or an `athrow` that has begun, and needs its argument no more."""
    made = generator.aclose() if closes else generator.athrow(GeneratorExit)
    frame.primitives.set_awaitable(made, state)
    return made


def module_global(module: ModuleType, name: str) -> object:
    """What a module knows by that name."""
    known: object = module.__dict__[name]
    return known


def stream(name: str) -> object:
    """This process's stdin, stdout or stderr."""
    return getattr(sys, name)


def fill_quietly(made: Any, state: object) -> None:  # noqa: ANN401  # an iterator of itertools
    """`__setstate__`, whose deprecation is no concern of the program's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.__setstate__(state)


def second(_: object, root: object) -> object:
    """The root of a goroutine whose await chain was written before it, innermost first."""
    return root
