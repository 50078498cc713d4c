"""`GODEBUG=sharecheck=1`: what a started goroutine takes a copy of, as it moves, while others keep the original.

Share.      Two goroutines of one M that have the same list work as in Go until one of them moves. From then
            on each changes its own, and nothing says so. `--race` makes that happen always; this check finds
            it as it happens.
How.        Who wrote the goroutine remembers each object that it wrote. The references to one that are found
            inside of the goroutine are counted, and compared with all that there are: what is left is
            somebody else's. Inside is what was written, the G, and whatever nobody but these refers to.
Through.    A variable that a closure shares is a cell, and only its cell may be known to others. So what can
            change is also shared when a cell, a tuple or a function is that holds it.
Changes.    Lists, dicts, sets, bytearrays, deques, and what has attributes and is of a program's class, but
            no frozen dataclass. Runtime objects stay one object, and the standard library's are left out.
Unsaid.     A number that two closures count up together: `nonlocal` needs no object. Arguments of goroutines
            that have not started: each may be copied, or not.
False.      An alarm may be: whoever has the original may never look at it again. A loop that is executing
            may still hold a value that it has handed over.
Cost.       Some 100 us for a small goroutine; without the setting, one test.
Types.      By `type`, never by isinstance: a program's own `__class__` may say, or raise, anything.
Rejected.   gc.get_referrers: it walks all objects of the process.
"""

import gc
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import partial
from io import IOBase
from types import (
    AsyncGeneratorType,
    BuiltinMethodType,
    CellType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any, Final, NamedTuple, cast

from cluster.kernel.g import G, Program
from cluster.kernel.sched import Sched
from cluster.kernel.shared import KIND_OF
from cluster.model.panics import package_of
from cluster.wire.moving import Packed
from cluster.wire.reducing import SUSPENDED
from cluster.wire.refusal import variables

_GENERATORS: Final = (GeneratorType, AsyncGeneratorType)
_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that was made by a `class` statement
_CHANGING: Final = (list, dict, set, bytearray, deque)
# And their kinds. An open file either keeps its goroutine here, or is a stream that each M has of its own.
_UNCHANGING: Final = (int, float, complex, str, bytes, tuple, frozenset, BaseException, Enum, type, IOBase)
# What these hold is shared with them.
_PASSING: Final = (tuple, frozenset, CellType, FunctionType, MethodType, BuiltinMethodType, partial)
_STAYING: Final = (*KIND_OF, Sched, Program, G, ModuleType, type)  # what they hold is theirs
_LIBRARIES: Final = frozenset({"cluster", "worker", *sys.stdlib_module_names})  # top names of modules


class Finding(NamedTuple):
    """An object that somebody else still refers to."""

    kind: str  # its type
    variable: str  # `local 'xs'`, or another place where the goroutine has it
    function: str  # whose variable that is
    where: str  # `app.py:12`, where that function waits


class Sharing:
    """What is to be said of one program on this M: each variable once."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str]] = set()

    def report(self, packed: Packed, g: G) -> str:
        """Lines for people; "" when there is nothing new. `packed` has been kept, and its frames not emptied yet."""
        lines = []
        for found in findings(packed, g):
            if (found.variable, found.function) not in self._said:
                self._said.add((found.variable, found.function))
                place = found.variable if found.variable.startswith("in ") else f"in {found.variable}"
                lines.append(
                    f"sharecheck: goroutine {g.goid} moves to another M and takes a copy of the {found.kind} {place} "
                    f"of {found.function} ({found.where}); others here still refer to the original\n"
                )
        return "".join(lines)


def findings(packed: Packed, holder: object) -> list[Finding]:
    """What others share with the goroutine that was packed. `holder` is its G, which is left when it has gone."""
    written = packed.written
    leaking = _leaking(packed, holder)
    if not leaking:
        return []
    known = {id(thing) for thing in written}
    spaces = {id(space) for space in map(_space, written) if space is not None}
    shared = _changing(leaking, known, spaces)
    return list(_named(shared, known, [generator for generator, _ in packed.frames]))


def shared_generators(packed: Packed, holder: object) -> list[Any]:
    """The generators, of those that were packed, that somebody else may resume: emptied, they would be gone for him."""
    return [thing for thing in _leaking(packed, holder) if type(thing) in _GENERATORS]


def _leaking(packed: Packed, holder: object) -> list[object]:
    """Those that were written to which somebody outside refers."""
    written = packed.written
    inside = {id(holder), *map(id, written)}
    found: Counter[int] = Counter(id(generator) for generator, _ in packed.frames)  # references from inside, by address
    near: dict[int, object] = {}  # referred to from inside, and not there

    def look_into(thing: object) -> None:
        for held in gc.get_referents(thing):
            found[id(held)] += 1
            if id(held) not in inside and gc.is_tracked(held) and not issubclass(type(held), _STAYING):
                near[id(held)] = held

    for thing in [holder, *(thing for thing in written if not _stays(thing))]:
        look_into(thing)
    del thing  # it would count
    grows = True
    while grows:
        owned = [key for key, count in zip(near, _references(near.values()), strict=True) if count == found[key]]
        for key in owned:
            inside.add(key)
            look_into(near.pop(key))
        grows = bool(owned)
    counts = _references(written)
    return [thing for thing, count in zip(written, counts, strict=True) if count > found[id(thing)]]


def _references(things: Iterable[object]) -> list[int]:
    """How many references there are to each, but for that of their container."""
    return [count - _OWN for count in _counted(things)]


def _counted(things: Iterable[object]) -> list[int]:
    return [sys.getrefcount(thing) for thing in things]


_OWN: Final = _counted([[]])[0]  # of an object to which nobody but a container refers


def _stays(thing: object) -> bool:
    """Whether it is written by name, and what it holds is not written."""
    if type(thing) is FunctionType:
        return "<" not in thing.__qualname__
    return issubclass(type(thing), _STAYING)


def _space(thing: object) -> object:
    """The `__dict__` of an instance, or the keywords of a partial: no objects of their own."""
    if issubclass(type(thing), partial):
        return cast("partial[object]", thing).keywords
    if not type(thing).__flags__ & _HEAP_TYPE or not type(thing).__dictoffset__ or issubclass(type(thing), type):
        return None
    try:
        space: object = object.__getattribute__(thing, "__dict__")
    except Exception:  # noqa: BLE001  # a class may have its own idea of it
        return None
    return space


def _changing(leaking: Iterable[object], known: set[int], spaces: set[int]) -> set[int]:
    """The addresses of what can change and is shared: of `leaking`, or by way of these."""
    shared: set[int] = set()
    seen: set[int] = set()
    todo = [thing for thing in leaking if not _stays(thing)]
    while todo:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if id(thing) not in spaces and _can_change(thing):
            shared.add(id(thing))
        elif id(thing) in spaces or issubclass(type(thing), _PASSING) or _is_frozen(type(thing)):
            todo += [held for held in gc.get_referents(thing) if id(held) in known and not _stays(held)]
    return shared


def _can_change(thing: object) -> bool:
    if issubclass(type(thing), _CHANGING):
        return True
    cls = type(thing)
    if not cls.__flags__ & _HEAP_TYPE or issubclass(type(thing), _UNCHANGING) or _is_frozen(cls):
        return False
    has_attributes = cls.__dictoffset__ or cls.__basicsize__ > object.__basicsize__
    return bool(has_attributes) and cls.__module__.partition(".")[0] not in _LIBRARIES


def _is_frozen(cls: type) -> bool:
    parameters = cls.__dict__.get("__dataclass_params__")
    return parameters is not None and parameters.frozen is True


def _named(shared: set[int], known: set[int], frames: list[Any]) -> Iterator[Finding]:
    """The shared objects that a variable leads to; a program's functions come first, outermost first."""
    seen: set[int] = set()
    for generator in sorted(frames, key=_is_of_a_library):
        suspended = variables(generator)
        if suspended is None or suspended.module.startswith("cluster.kernel."):
            continue
        function = f"{package_of(suspended.module)}.{suspended.code.co_qualname}"
        where = f"{suspended.code.co_filename.rpartition('/')[2]}:{suspended.line}"
        for label, value in suspended.values:
            for thing in _reached(value, known, seen):
                if id(thing) in shared:
                    yield Finding(type(thing).__qualname__, label, function, where)


def _is_of_a_library(generator: Any) -> bool:  # noqa: ANN401  # one of SUSPENDED
    suspended = variables(generator)
    return suspended is not None and suspended.module.partition(".")[0] in _LIBRARIES


def _reached(value: object, known: set[int], seen: set[int]) -> Iterator[object]:
    """What was written of a variable, and not seen before. What a generator in it holds is that one's variables'."""
    todo = [value]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or id(thing) not in known or _stays(thing) or issubclass(type(thing), SUSPENDED):
            continue
        seen.add(id(thing))
        yield thing
        todo += reversed(gc.get_referents(thing))
