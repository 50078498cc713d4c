"""A started goroutine as bytes, and back.

Use.        `pack` reads, and changes nothing: the goroutine could go on here. `void` then empties the
            originals, without running any of their code. `unpack` makes the copy, in this or in another
            process. So: pack, keep the bytes, void, send; and on a refusal or the death of the receiver
            unpack the bytes at home. `finally` blocks run once, where the goroutine ends.
What.       The whole await chain, generators and closures in its variables, and whatever is handed in
            together with it: what is one object in there is one object afterwards. All else that it
            knew is copied, as api.md says; shared objects and the main file's things go as `Pickling`
            writes them; its G and the kernel are the receiver's own. An object with `__del__` is finalised
            in both processes.
Refusals.   CannotShipError, whose text is a variable and a line (see refusal.py), or the size. Nothing has
            been changed then.
Damage.     Bytes carry their sum: what was cut or changed on the way is refused, as is a frame that does
            not fit its code. Who writes false bytes on purpose can do all that pickle can: see `Pickling`.
Depth.      Pickle recurses. When an await chain is too long for that it is written again, innermost
            frame first.
Threads.    The goroutine must not run meanwhile; another thread may pack it. If one of its generators was
            resumed by somebody else between `pack` and `void`, `void` refuses, and empties nothing.
Rejected.   Emptying in `pack`: nothing could be refused after it. A second walk to empty: it might find
            other things than the first.
"""

import io
import pickle
from binascii import crc32
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from cluster.model.errors import CannotShipError
from cluster.model.limits import MOVE_BYTES_MAX
from cluster.wire import frame, rebuilding
from cluster.wire.pickling import PROTOCOL, Pickling
from cluster.wire.reducing import SUSPENDED, ByValueError, Reducing
from cluster.wire.refusal import explain, text_of

_SUM_BYTES: Final = 4
_DONE: Final = 2  # state of an async generator's awaitable that was awaited to its end
_NAMELESS: Final = (ByValueError, pickle.PicklingError, AttributeError)  # what cloudpickle may know how to write


@dataclass(frozen=True, slots=True)
class Packed:
    """A goroutine as bytes, and the originals of what is in them."""

    data: bytes
    frames: list[tuple[Any, int]]
    awaitables: list[object]
    written: list[object]  # each object that is in them, if that was to be kept


def pack(
    root: object,
    pickling: Pickling,
    mine: Sequence[object] = (),
    frames: Sequence[object] | None = None,
    *,
    keep: bool = False,
) -> Packed:
    """`root`, a started coroutine or what holds it, as bytes. Changes nothing; CannotShipError when it must stay.

    `mine`: things of this M in whose place the copy has those that `unpack` is given, one for one.
    `frames`: the coroutines in `root`, outermost first, if it is not one itself. `keep`: see `Packed.written`.
    """
    if not frame.available:
        raise CannotShipError(f"started goroutines cannot move: {frame.why_not}")
    reducing = Reducing(pickling, mine=mine)
    try:
        return _pack(root, reducing, keep)
    except RecursionError as error:
        try:
            again = _InnermostFirst(root, [root] if frames is None else frames)
            return _pack(again, Reducing(pickling, mine=mine), keep)
        except BaseException:  # noqa: BLE001  # it is not the chain that is deep
            raise CannotShipError(_explain(error, reducing, pickling)) from error
    except BaseException as error:  # whatever a program's own methods raise: SystemExit ends nothing here
        raise CannotShipError(_explain(error, reducing, pickling)) from error


def void(packed: Packed) -> None:
    """Empty the originals of all that was packed. None of their code runs, now or later; who awaits one gets an error.

    Raises RuntimeError, and empties nothing, when one of them has been resumed since.
    """
    frame.primitives.void(packed.frames)
    for awaitable in packed.awaitables:
        frame.primitives.set_awaitable(awaitable, _DONE)


def unpack(data: bytes, pickling: Pickling, mine: Sequence[object] = ()) -> object:
    """What was packed. CannotShipError when the bytes are damaged or the code is another here. `mine`: see `pack`.

    Also raises whatever reading it raises: a missing module, a class's own error.
    """
    if not frame.available:
        raise CannotShipError(f"started goroutines cannot move here: {frame.why_not}")
    body = memoryview(data)[_SUM_BYTES:]
    if len(data) <= _SUM_BYTES or crc32(body).to_bytes(_SUM_BYTES) != data[:_SUM_BYTES]:
        raise CannotShipError(f"{len(data)} bytes of a goroutine were damaged on the way")
    return pickling.loads(body, mine)


class _Bounded(io.BytesIO):
    """The file that a goroutine is written to."""

    def write(self, data: Any) -> int:  # noqa: ANN401  # bytes, or a view of a big value
        if self.tell() + len(data) > MOVE_BYTES_MAX:
            raise CannotShipError(
                f"more than {MOVE_BYTES_MAX >> 20} MiB (MOVE_BYTES_MAX): a goroutine of that size stays where it is"
            )
        return super().write(data)


class _Writer(pickle.Pickler):
    """A pickler whose `reducer_override` is set on the object: a method of the class would call it through itself."""


def _pack(root: object, reducing: Reducing, keep: bool) -> Packed:
    file = _Bounded()
    try:
        writer = _write(root, reducing, file)
    except _NAMELESS:
        reducing.begin_by_value()
        writer = _write_by_value(root, reducing, file := _Bounded())
    body = file.getvalue()
    written = [thing for _, thing in writer.memo.copy().values()] if keep else []
    return Packed(crc32(body).to_bytes(_SUM_BYTES) + body, reducing.pairs, reducing.awaitables, written)


def _write(root: object, reducing: Reducing, file: _Bounded) -> pickle.Pickler:
    writer = _Writer(file, PROTOCOL)
    writer.reducer_override = reducing.reduce  # type: ignore[assignment]  # typeshed lists the forms of what it returns
    writer.dump(root)
    return writer


def _write_by_value(root: object, reducing: Reducing, file: _Bounded) -> pickle.Pickler:
    writer: pickle.Pickler = import_module("cluster.wire.byvalue").write(root, reducing, file)
    return writer


class _InnermostFirst:
    """A goroutine that is written beginning at the far end of its await chain, so that nothing is deep."""

    def __init__(self, root: object, frames: Sequence[object]) -> None:
        self._root: Final = root
        self._frames: Final = frames

    def __reduce__(self) -> tuple[Any, ...]:
        frames = [awaited for outer in self._frames for awaited in await_chain(outer)]
        return rebuilding.second, (frames[::-1], self._root)


def await_chain(root: object) -> list[object]:
    """A coroutine, what it awaits, what that awaits in turn: as far as the interpreter shows it."""
    chain: list[object] = []
    awaited: Any = root
    while isinstance(awaited, SUSPENDED):
        chain.append(awaited)
        awaited = next(
            (getattr(awaited, name) for name in ("cr_await", "gi_yieldfrom", "ag_await") if hasattr(awaited, name)),
            None,
        )
    return chain


def _explain(error: BaseException, reducing: Reducing, pickling: Pickling) -> str:
    def probe(value: object) -> BaseException | None:
        trial = Reducing(pickling, by_value=reducing.by_value, mine=reducing.mine)
        try:
            _write_by_value(value, trial, _Bounded()) if trial.by_value else _write(value, trial, _Bounded())
        except _NAMELESS as error:
            if trial.by_value:
                return error
            trial.begin_by_value()
            try:
                _write_by_value(value, trial, _Bounded())
            except BaseException as error:  # noqa: BLE001
                return error
        except BaseException as error:  # noqa: BLE001  # whatever a program's own methods raise
            return error
        return None

    return explain(error, [generator for generator, _ in reducing.pairs], probe) or text_of(error)
