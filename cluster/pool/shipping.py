"""Calls and their results, as bytes.

A call is (function, data): a function that has a name is pickled once, and `data` holds the arguments alone; else
`function` is empty and `data` holds it, too, by value. What is submitted is what the arguments are at that moment.
Short plain arguments are nobody's to change: they are not pickled here, but all of a carrier at once.
"""

import pickle
from collections.abc import Callable
from inspect import iscoroutinefunction
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, cast

from cluster.kernel.plain import Data, all_short
from cluster.kernel.tasks import CREATOR, carry, run_task
from cluster.model.errors import CannotShipError
from cluster.model.ids import ProgramId
from cluster.model.limits import APART_BYTES_MIN, TASK_BYTES_MAX
from cluster.pool.futures import Future
from cluster.wire import apart
from cluster.wire.apart import LUMPS
from cluster.wire.messages import Record, Source
from cluster.wire.parts import Result
from cluster.wire.pickling import PROTOCOL, NoObjects, Pickling
from cluster.wire.results import PLAIN

FUNCTIONS_MAX: Final = 1024
_MAIN: Final = b"__main__"


class Shipping:
    """Writes the calls of one pool, and reads their results."""

    def __init__(self, source: Source, depot: apart.Depot | None = None) -> None:
        """What is large goes to `depot`, if there is one: see cluster/wire/apart.py."""
        self._by_value: Final = not source.path
        self._pickling: Final = Pickling("__main__", NoObjects(), main_by_value=self._by_value)
        self._pickling.depot = self._depot = depot
        self._refusing: Final = None if depot is None else apart.Refusing()
        self._functions: dict[
            object, tuple[bytes, bool]
        ] = {}  # its bytes, or b"" when it has no name; whether it parks

    def call(
        self, fn: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> tuple[bytes, Data, bool]:
        """(function, data, whether it is async). CannotShipError when it cannot be pickled, or is too large.

        `data` is a Reference if it lies in the depot.
        """
        try:
            function, data, parks = self._written(fn, args, kwargs, self._refusing)
        except apart.LargeBuffer:
            function, data, parks = self._beside(fn, args, kwargs)
        if len(data) >= APART_BYTES_MIN and type(data) is bytes:
            data = self._long(fn, data)
        return function, data, parks

    def _beside(
        self, fn: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> tuple[bytes, Data, bool]:
        """The same, with buffers that go to the depot, if there is room."""
        assert self._depot is not None, "else nothing is refused"
        taking = apart.Taking()
        named = dict(zip(kwargs, apart.lumped(tuple(kwargs.values())), strict=True))
        function, data, parks = self._written(fn, apart.lumped(args), named, taking)
        assert isinstance(data, bytes), "plain arguments are short"
        if (reference := apart.put(self._depot, data, taking.taken)) is None:
            return self._written(fn, args, kwargs, None)
        return function, reference, parks

    def _long(self, fn: Callable[..., object], data: bytes) -> bytes:
        """A long pickle, in the depot if there is room; CannotShipError when no frame can hold it."""
        reference = None if self._depot is None else apart.put(self._depot, data, ())
        if reference is None and len(data) > TASK_BYTES_MAX:
            raise CannotShipError(
                f"the arguments of {fn!r} have {len(data)} bytes, and a task may have {TASK_BYTES_MAX}: put them into "
                f"a file that all workers can read"
            )
        return reference or data

    @property
    def fetched(self) -> int:
        """Bytes of results that have been taken out of the depot so far."""
        return 0 if self._depot is None else self._depot.fetched

    def discard(self, value: object) -> None:
        """Nobody wants this result."""
        if self._depot is not None and isinstance(value, bytes) and (name := apart.name_in(value)):
            self._depot.drop(name)

    def _written(
        self,
        fn: Callable[..., object],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        taker: apart.Taker | None,
    ) -> tuple[bytes, Data, bool]:
        function, parks = b"", False
        if type(fn) is FunctionType or (type(fn) is BuiltinFunctionType and type(fn.__self__) is ModuleType):
            known = self._functions.get(fn)
            function, parks = self._function(fn) if known is None else known
        else:
            parks = iscoroutinefunction(fn)
        if function:
            if not kwargs and all_short(args):
                return function, args, parks
            if taker is not None and taker is self._refusing:
                for value in (*args, *kwargs.values()) if kwargs else args:
                    if value.__class__ in LUMPS and len(value) >= APART_BYTES_MIN:
                        raise apart.LargeBuffer
            try:
                data = pickle.dumps((args, kwargs), PROTOCOL, buffer_callback=taker)
            except Exception:  # noqa: BLE001  # its own code may raise anything; below it is told what it is
                function = b""
            else:
                if not (self._by_value and _MAIN in data):
                    return function, data, parks
                function = b""
        if taker is not None:
            taker.begin()
        what = f"a task, {fn!r}, or an argument of it,"
        return function, self._pickling.dumps((fn, args, kwargs), what, taker), parks

    def _function(self, fn: FunctionType | BuiltinFunctionType) -> tuple[bytes, bool]:
        try:
            function = pickle.dumps(fn, PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError):  # it has no name
            function = b""
        if self._by_value and _MAIN in function:
            function = b""
        if len(self._functions) >= FUNCTIONS_MAX:
            self._functions.clear()
        self._functions[fn] = known = (function, iscoroutinefunction(fn))
        return known

    def initializer(self, fn: Callable[..., object] | None, args: tuple[object, ...]) -> bytes:
        """An initializer and its arguments. CannotShipError when these cannot be pickled."""
        return b"" if fn is None else self._pickling.dumps((fn, args), "the initializer or an argument of it")

    def settle(self, future: Future[object], kind: int, value: object) -> BaseException | None:
        """Give a future what its task ended with; the exception if the pool cannot be used for it. See results.py."""
        if kind == PLAIN:
            future.set_result(value)
            return None
        assert isinstance(value, bytes), "what is not plain is pickled"
        if kind == Result.RETURNED:
            before = self.fetched
            try:
                result = self._pickling.read(value)
            except BaseException as error:  # noqa: BLE001  # a missing module, or a class's own error
                future.set_exception(_unreadable("its result", f"{type(error).__name__}: {error}"))
            else:
                future.brought = len(value) + self.fetched - before
                future.set_result(result)
        elif kind == Result.WITHDRAWN:
            future.withdrawn()
        elif kind == Result.UNREADY:
            return self.exception(value)
        else:
            future.set_exception(self.exception(value))
        return None

    def exception(self, value: bytes) -> BaseException:
        """What a task has raised, with its traceback as a note."""
        data, text, lines = cast("tuple[bytes, str, str]", pickle.loads(value))
        error: BaseException
        if not data:
            error = CannotShipError(text)
        else:
            try:
                error = cast("BaseException", self._pickling.read(data))
                error.add_note(f"\nTraceback on the worker:\n{lines.rstrip()}")
            except BaseException as refusal:  # noqa: BLE001  # its class's own code
                error = _unreadable(text, f"{type(refusal).__name__}: {refusal}")
            else:
                return error
        error.add_note(f"\nTraceback on the worker:\n{lines.rstrip()}")
        return error


def _unreadable(what: str, why: str) -> CannotShipError:
    return CannotShipError(f"a task has ended, but {what} cannot be read in this process: {why}")


def carrier(program: ProgramId, number: int, tasks: list[Future[Any]]) -> Record:
    """The goroutine that brings these tasks; a lone one itself."""
    if len(tasks) == 1:
        (task,) = tasks
        return Record(program, number, pickle.dumps((run_task, (task.function, task.data), CREATOR), PROTOCOL))
    functions: dict[bytes, int] = {b"": -1}
    listed = [(task.number, functions.setdefault(task.function, len(functions) - 1), task.data) for task in tasks]
    del functions[b""]
    arguments = tuple(functions), pickle.dumps(listed, PROTOCOL)
    return Record(program, number, pickle.dumps((carry, arguments, CREATOR), PROTOCOL))
