"""Values that cross an M many in a message: as they are where nobody can change them, else packed one by one.

Invariants. A value is a copy from the moment of its send: what can be changed is packed then.
Failures.   A value that its sender has left behind and that cannot be packed, or whose own class fails when it is read,
            is raised at its receiver, where it can be seen.
Unlike Go.  In Go nothing is packed: there is one memory.
"""

from typing import NamedTuple

from cluster.kernel.far import Far, Packed
from cluster.kernel.plain import PLAIN
from cluster.model.errors import CannotShipError
from cluster.model.ids import ProgramId


class Refused(NamedTuple):
    """A value that could not leave its M."""

    text: str


Item = object  # a plain value, Packed or Refused


def wrap(far: Far, program: ProgramId, value: object) -> Item:
    """`value` for a message. CannotShipError when it cannot leave this M."""
    return value if type(value) in PLAIN else Packed(far.pack(program, value))


def wrap_left(far: Far, program: ProgramId, value: object) -> Item:
    """The same for a value whose sender has gone on."""
    try:
        return wrap(far, program, value)
    except CannotShipError as error:
        return Refused(str(error))


def unwrap(far: Far, program: ProgramId, item: Item) -> object:
    """The value. Raises CannotShipError, and what its class raises."""
    if type(item) is Packed:
        return far.unpack(program, item.data)
    if type(item) is Refused:
        raise CannotShipError(item.text)
    return item


def size(item: Item) -> int:
    """Its bytes, roughly."""
    if type(item) is Packed:
        return len(item.data)
    return len(item) if isinstance(item, str | bytes) else 8
