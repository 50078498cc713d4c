"""Large values, apart from the frames that tell of them: their bytes go to a depot, and a short reference in the frame.

Parts.      The first is the pickle; the others are what pickle 5 gives out of band: memory that it neither copies
            nor reads. The reader gets views of what lies in the depot: arrays stand there, and are not copied.
Which.      Buffers of at least APART_BYTES_MIN; and the whole pickle, if that is so long. Shorter ones stay in the
            frame: two system calls on a file cost as much as copying that many bytes at four sockets.
Bytes.      Pickle gives `bytes` and `bytearray` out of band only if something else does it for them: a Lump, which
            is read as what it holds. It stands for arguments and results, and for what is directly in a row of
            them; a bytearray only beside plain values, since what else names it must find the same one.
Reference.  A pickle that is read by `fetch`, which the reader's own Pickling replaces: nobody else need know.
Rejected.   The same in each frame (parts of a message of ZeroMQ): copied at each of four sockets, and kept in the
            coordinator meanwhile. A segment of shared memory as a ring: what is read could not stay where it is.
Sources.    PEP 574, pickle protocol 5 with out-of-band data.
"""

import io
import pickle
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

from cluster.kernel.plain import PLAIN
from cluster.model.errors import CannotShipError
from cluster.model.limits import APART_BYTES_MIN

PROTOCOL: Final = 5
LUMPS: Final = (bytes, bytearray)
ATOMS: Final = PLAIN | {complex}

LOOKED_AT_MAX: Final = 64  # items of a row: a look at an item takes as long as a short task of `map`

Row = TypeVar("Row", list[Any], tuple[Any, ...])
Part = bytes | memoryview


class Depot(Protocol):
    """Where parts lie until somebody fetches them."""

    fetched: int  # bytes, so far

    def put(self, parts: Sequence[Part]) -> str:
        """Write them; the name to fetch them by, or "" when there is no room for them."""
        ...

    def fetch(self, name: str) -> Sequence[memoryview]:
        """Views of them, which may be written to and belong to the caller. CannotShipError when they are not there."""
        ...

    def drop(self, name: str) -> None:
        """Nobody will fetch it any more. One that is not there: nothing."""
        ...


class LargeBuffer(BaseException):
    """No error: pickle has met a large buffer, and nobody takes it."""


class Reference(bytes):
    """What stands in the frame for what lies in a depot."""

    name: str
    size: int  # bytes, of all parts


class Lump:
    """Bytes on their way, which are read as what they were."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes | bytearray) -> None:
        self._value = value

    def __reduce_ex__(self, protocol: Any) -> tuple[Callable[..., object], tuple[object, ...]]:  # noqa: ANN401  # as typeshed has it
        return type(self._value), (pickle.PickleBuffer(self._value),)


class _Fetch:
    def __init__(self, name: str) -> None:
        self._name = name

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return fetch, (self._name,)


def fetch(name: str) -> object:
    """What a reference calls when it is read. Replaced by the reader's own: see `Pickling.find_class`."""
    raise CannotShipError(f"{name} was read by plain pickle: what lies in a depot is for the runtime only")


class Taker(Protocol):
    """What pickle asks of each buffer whether it stays in the pickle: its `buffer_callback`."""

    def begin(self) -> None:
        """A pickle is begun; one before it came to nothing."""
        ...

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        """Whether it stays in the pickle."""
        ...


class Refusing:
    """All stay. LargeBuffer when one is large."""

    def begin(self) -> None:
        """See Taker."""

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        if len(buffer.raw()) < APART_BYTES_MIN:
            return True
        raise LargeBuffer


class Taking:
    """The large ones are taken, in their order."""

    def __init__(self) -> None:
        self.taken: list[memoryview] = []

    def begin(self) -> None:
        """See Taker."""
        self.taken.clear()

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if len(view) < APART_BYTES_MIN:
            return True
        self.taken.append(view)
        return False


def has_lumps(row: Sequence[Any]) -> bool:
    """Whether `lumped` has something to do for the items of this row. Of a long one the first stand for all."""
    for item in row[:LOOKED_AT_MAX]:  # noqa: SIM110  # a generator would cost more than all of this
        if item.__class__ in LUMPS and len(item) >= APART_BYTES_MIN:
            return True
    return False


def lumped(row: Row) -> Row:
    """The row with Lumps for its large bytes; itself when it has none."""
    if not has_lumps(row):
        return row
    plain = all(item.__class__ in ATOMS or item.__class__ is bytearray for item in row)
    made: dict[int, Lump] = {}
    items = [
        made.setdefault(id(item), Lump(item))
        if (item.__class__ is bytes or (plain and item.__class__ is bytearray)) and len(item) >= APART_BYTES_MIN
        else item
        for item in row
    ]
    return type(row)(items)


def value_lumped(value: object) -> object:
    """What a task returned, with Lumps; also in a list that is alone among plain values, as `map` has it."""
    if value.__class__ in LUMPS:
        return lumped((value,))[0]
    if value.__class__ is list:
        return lumped(value)
    if value.__class__ is tuple:
        row: tuple[Any, ...] = lumped(value)
        others = [at for at, item in enumerate(row) if item.__class__ not in ATOMS]
        if len(others) == 1 and row[others[0]].__class__ is list:
            at = others[0]
            return *row[:at], lumped(row[at]), *row[at + 1 :]
        return row
    return value


def put(depot: Depot, data: bytes, buffers: Sequence[memoryview]) -> Reference | None:
    """Have a pickle and its buffers lie in a depot; None when there is no room."""
    name = depot.put((data, *buffers))
    if not name:
        return None
    reference = Reference(pickle.dumps(_Fetch(name), PROTOCOL))
    reference.name, reference.size = name, len(data) + sum(map(len, buffers))
    return reference


class Writes(Protocol):
    """Who writes pickles: see `Pickling.dumps`."""

    def dumps(self, obj: object, what: str, taker: Taker | None = None) -> bytes:
        """Bytes for `obj`, but for the buffers that `taker` takes."""
        ...


def dumps(writer: Writes, depot: Depot | None, value: object, what: str) -> bytes:
    """Bytes for `value`, or a reference to where it lies. CannotShipError, naming `what`, when it cannot be pickled."""
    if depot is None:
        return writer.dumps(value, what)
    taking = Taking()
    data = writer.dumps(value_lumped(value), what, taking)
    if taking.taken or len(data) >= APART_BYTES_MIN:
        reference = put(depot, data, taking.taken)
        if reference is not None:
            return reference
        if taking.taken:
            return writer.dumps(value, what)
    return data


def name_in(data: bytes) -> str:
    """The name in these bytes, if they are a reference; else ""."""
    if len(data) >= APART_BYTES_MIN or _MARK not in data:
        return ""
    try:
        name = _Names(io.BytesIO(data)).load()
    except Exception:  # noqa: BLE001  # whatever it is, it is no reference
        return ""
    return name if isinstance(name, str) else ""


_MARK: Final = __name__.encode()


class _Names(pickle.Unpickler):
    """Reads nothing but references, as the name in them."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) != (__name__, fetch.__name__):
            raise pickle.UnpicklingError("it is no reference")
        return str
