"""Names of things. All are plain integers on the wire; the types keep them from being mixed up.

`GId` is unique within its program, `MId` and `ProgramId` within the life of a coordinator and are
never used again: an M that comes back after a silence comes back under a new id.
"""

from typing import Final, NamedTuple, NewType

GId = NewType("GId", int)
MId = NewType("MId", int)
PId = NewType("PId", int)
ProgramId = NewType("ProgramId", int)
Epoch = NewType("Epoch", int)

NO_P: Final = PId(-1)
NO_M: Final = MId(-1)
MAIN_GOID: Final = GId(1)  # main is a goroutine too, and always the first
TASK_FIRST: Final = -1  # from here on down a client numbers the tasks of its pool, and what carries them


class ObjId(NamedTuple):
    """Name of a shared object: the M that made it (its home) and a serial number there."""

    home: MId
    serial: int
