"""Goroutines and values that cross an M, as bytes.

Names.      Functions and classes go by module and qualified name. The program's main file has another
            module name on every M than at the client; both are translated to the reader's. What has
            no name elsewhere (a closure, a lambda, all of a REPL; see nameless.py) goes by value,
            through cloudpickle, which is loaded on first need: it costs 29 ms.
Objects.    A channel or another shared object goes as its id, and arrives as the object itself at
            its home and as a handle elsewhere: it is one object everywhere. Everything else is a
            copy, made when it is sent.
Trust.      Unpickling runs code. Only bytes from peers that have proved themselves come here.
Rejected.   persistent_id for the shared objects: it is called for every int and str as well.
"""

import io
import pickle
import re
import sys
from collections.abc import Callable, Container, Sequence
from importlib import import_module
from types import CellType, FunctionType
from typing import Any, Final, Protocol

from cluster.model.errors import CannotShipError
from cluster.wire import apart, coderef, rebuilding
from cluster.wire.coderef import Codes, nested_function
from cluster.wire.nameless import Nameless

MAIN_PREFIX: Final = "__gmp_main_"  # of the name under which an M imports a program's main file
PROTOCOL: Final = 5
_OURS: Final = re.compile(rb"__main__|__gmp_main_|cluster\.wire\.")  # not in what plain pickle can read
_SEARCHED_BYTES_MAX: Final = 64  # to search more (27 ns a byte) takes longer than our reader, which costs 2 us once
_REFUSALS: Final = (pickle.PicklingError, TypeError, AttributeError)  # what pickle raises for a thing it cannot name


class Objects(Protocol):
    """Who knows the shared objects of this process."""

    def name(self, obj: object) -> tuple[object, ...] | None:
        """What stands for a shared object on the wire, giving it an id if needed; None for other objects."""
        ...

    def find(self, *name: object) -> object:
        """The object for such a name: itself at its home, a handle elsewhere."""
        ...


class NoObjects:
    """A process without goroutines, as a client: it has no shared objects."""

    def name(self, obj: object) -> tuple[object, ...] | None:
        return None

    def find(self, *name: object) -> object:
        return NotHere(name)


class NotHere:
    """Stands for a channel or another shared object in a process that is no M."""

    def __init__(self, name: tuple[object, ...]) -> None:
        self.shared_name: Final = name

    def __repr__(self) -> str:
        return f"<{self.shared_name[0]} of a program that is over>"


def shared_object(*name: object) -> object:
    """What a pickled shared object calls when it is read. Replaced by the reader's own: see `_Reader`."""
    raise CannotShipError(f"{name} was read by plain pickle: a shared object can only be sent through the runtime")


def main_attribute(qualname: str) -> object:
    """What a function or class of the main file calls when it is read. Replaced by the reader's own."""
    raise CannotShipError(f"{qualname!r} of the main file was read by plain pickle")


class Pickling:
    """Writes and reads what crosses the border of this process for one program."""

    def __init__(self, main_module: str, objects: Objects, *, main_by_value: bool = False) -> None:
        """`main_module` is this process's name for the main file; `main_by_value` when it has no file."""
        self.main: Final = main_module
        self.codes: Final = Codes(main_module, main_by_value=main_by_value)
        self._objects: Final = objects
        self._main_by_value: Final = main_by_value
        self._is_client: Final = isinstance(objects, NoObjects)
        self.nameless: Final[Container[object]] = Nameless(main_module) if self._is_client else ()
        self._plain: Final = _plain_writer(self)
        self.depot: apart.Depot | None = None  # where large values lie, that the bytes which are read refer to

    def dumps(self, obj: object, what: str = "a value", taker: apart.Taker | None = None) -> bytes:
        """Bytes for `obj`, less what `taker` takes; CannotShipError, naming `what`, when it cannot be pickled."""
        if not self._main_by_value:
            file = io.BytesIO()
            try:
                self._plain(file, taker).dump(obj)
            except _REFUSALS:
                pass  # perhaps it has no name: by value, below
            except Exception as error:
                raise self._cannot(what, error) from error
            else:
                return file.getvalue()
        byvalue = import_module("cluster.wire.byvalue")
        if taker is not None:
            taker.begin()
        try:
            data: bytes = byvalue.dumps(obj, self, taker)
        except Exception as error:
            raise self._cannot(what, error) from error
        return data

    def loads(
        self, data: bytes | memoryview, mine: Sequence[object] = (), buffers: Sequence[memoryview] = ()
    ) -> object:
        """It. Raises whatever reading it raises: a missing module, a class's own error. `mine`: see moving.py."""
        return _Reader(io.BytesIO(data), self, mine, buffers).load()

    def fetch(self, name: str) -> object:
        """What lies in the depot under this name; CannotShipError when nothing does. Raises what `loads` raises."""
        if self.depot is None:
            raise CannotShipError(f"{name} lies in a depot that this process cannot reach")
        data, *buffers = self.depot.fetch(name)
        return self.loads(data, buffers=buffers)

    def read(self, data: bytes) -> object:
        """The same, three times as fast for short data that plain pickle can read: where nothing of ours is named."""
        return self.loads(data) if len(data) > _SEARCHED_BYTES_MAX or _OURS.search(data) else pickle.loads(data)

    def copy(self, obj: object) -> object:
        """What another M would get. CannotShipError when it cannot be pickled; else raises what `loads` raises."""
        return self.loads(self.dumps(obj, "a channel value"))

    def reduce(self, obj: object) -> object:
        """How a shared object, or a thing of the main file, is written; NotImplemented for all else."""
        name = self._objects.name(obj)
        if name is not None:
            return shared_object, name
        if obj in self.nameless:
            import_module("cluster.wire.byvalue").forget_name(obj)
            return NotImplemented
        if isinstance(obj, FunctionType | type) and obj.__module__ == self.main and not self._main_by_value:
            found: object = sys.modules.get(self.main)
            for part in obj.__qualname__.split("."):
                found = getattr(found, part, None)
            if found is obj:
                return main_attribute, (obj.__qualname__,)
        if not self._is_client:
            if isinstance(obj, FunctionType) and "<" in obj.__qualname__:
                return nested_function(obj, self.codes) or NotImplemented
            if isinstance(obj, CellType):
                return coderef.cell(obj)
        return NotImplemented

    def _cannot(self, what: str, error: BaseException) -> CannotShipError:
        return CannotShipError(
            f"{what} must go to another process and cannot be pickled: {error}. Send plain values, channels and other "
            f"objects of the cluster package; make what cannot be sent in the goroutine that uses it."
        )

    def main_attribute(self, qualname: str) -> object:
        """A function or class of the main file, in this process."""
        found: object = sys.modules[self.main]
        for part in qualname.split("."):
            found = getattr(found, part)
        return found

    def find_class(self, module: str, name: str) -> object:
        """Translate names that this process has other words for; None where the usual look-up holds."""
        if module == __name__:
            if name == "shared_object":
                return self._objects.find
            if name == "main_attribute":
                return self.main_attribute
        if module == apart.__name__ and name == "fetch":
            return self.fetch
        if module == coderef.__name__ and name in self.codes.makers:
            return self.codes.makers[name]
        if module == "__main__" or module.startswith(MAIN_PREFIX):
            return self.main_attribute(name)
        return None


class _Reader(pickle.Unpickler):
    def __init__(
        self, file: io.BytesIO, pickling: Pickling, mine: Sequence[object], buffers: Sequence[memoryview]
    ) -> None:
        super().__init__(file, buffers=buffers)
        self._pickling = pickling
        self._mine = mine

    def find_class(self, module: str, name: str) -> object:
        if name == "mine" and module == rebuilding.__name__:
            return self._mine.__getitem__
        found = self._pickling.find_class(module, name)
        return super().find_class(module, name) if found is None else found


def _plain_writer(pickling: Pickling) -> Callable[[io.BytesIO, apart.Taker | None], pickle.Pickler]:
    class Writer(pickle.Pickler):
        def __init__(self, file: io.BytesIO, taker: apart.Taker | None) -> None:
            super().__init__(file, PROTOCOL, buffer_callback=taker)

        def reducer_override(self, obj: object) -> Any:  # noqa: ANN401  # typeshed lists pickle's five forms; ours are two of them
            if obj in pickling.nameless:
                raise pickle.PicklingError(f"{obj!r} has no name in other processes")
            return pickling.reduce(obj)

    return Writer
