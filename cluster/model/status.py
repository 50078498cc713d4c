"""States of G, M and P, and the moves between them: one table each, one door (`move`) for all.

A status says who owns what; a pair that a table lacks is a bug of ours and raises IllegalMoveError.
The kernel does not store the status of a G, which would cost it two writes per switch: it derives
it (`cluster.kernel.g.status_of`), and a test walks the kernel through this table.

Sources. Go 1.19 runtime/runtime2.go: _Gidle .. _Gpreempted, _Pidle .. _Pdead.
Unlike Go. A P of ours has no syscall status: a blocking call leaves its P at once or is retaken as
a whole M (see ARCHITECTURE.md). An M has a status word; Go's is a combination of fields.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeVar

from cluster.model.errors import IllegalMoveError


class GStatus(Enum):
    """Values are Go's numbers, as `scheddetail` prints them."""

    IDLE = 0
    RUNNABLE = 1  # on exactly one run queue
    RUNNING = 2  # on no queue; an M that holds a P executes it
    SYSCALL = 3  # on no queue; a helper thread executes its call
    WAITING = 4  # parked; whatever it waits for holds it
    DEAD = 6


class GEvent(Enum):
    GO = "go"
    EXECUTE = "execute"
    YIELD = "yield"
    PARK = "park"
    READY = "ready"
    END = "end"


G_MOVES: Final[Mapping[tuple[GStatus, GEvent], GStatus]] = {
    (GStatus.IDLE, GEvent.GO): GStatus.RUNNABLE,
    (GStatus.RUNNABLE, GEvent.EXECUTE): GStatus.RUNNING,
    (GStatus.RUNNING, GEvent.YIELD): GStatus.RUNNABLE,
    (GStatus.RUNNING, GEvent.PARK): GStatus.WAITING,
    (GStatus.WAITING, GEvent.READY): GStatus.RUNNABLE,
    (GStatus.RUNNING, GEvent.END): GStatus.DEAD,
}


class PStatus(Enum):
    """Values are Go's numbers, as `scheddetail` prints them."""

    IDLE = 0  # on the idle list; the coordinator owns it
    RUNNING = 1  # leased to one M, which owns its run queue
    DEAD = 4  # beyond the current GOMAXPROCS


class PEvent(Enum):
    ACQUIRE = "acquire"
    RELEASE = "release"
    REMOVE = "remove"
    ADD = "add"


P_MOVES: Final[Mapping[tuple[PStatus, PEvent], PStatus]] = {
    (PStatus.IDLE, PEvent.ACQUIRE): PStatus.RUNNING,
    (PStatus.RUNNING, PEvent.RELEASE): PStatus.IDLE,
    (PStatus.IDLE, PEvent.REMOVE): PStatus.DEAD,
    (PStatus.DEAD, PEvent.ADD): PStatus.IDLE,
}


class MStatus(Enum):
    """An M as the coordinator sees it."""

    IDLE = "idle"  # no P, nothing to run: on the idle stack
    WANTING = "wanting"  # no P, has goroutines to run: in the line for the next free P
    RUNNING = "running"  # holds a P and runs goroutines
    SPINNING = "spinning"  # holds a P and looks for work
    BLOCKED = "blocked"  # no P: it was handed off while a goroutine here is in a call
    GONE = "gone"  # dead or fenced off; its id is never used again


class MEvent(Enum):
    WANT = "want"
    LEASE = "lease"
    SEARCH = "search"
    FIND = "find"
    RELEASE = "release"
    HAND_OFF = "hand off"
    RETURN = "return"
    LOSE = "lose"


M_MOVES: Final[Mapping[tuple[MStatus, MEvent], MStatus]] = {
    (MStatus.IDLE, MEvent.WANT): MStatus.WANTING,
    (MStatus.IDLE, MEvent.LEASE): MStatus.RUNNING,
    (MStatus.WANTING, MEvent.LEASE): MStatus.RUNNING,
    (MStatus.RUNNING, MEvent.SEARCH): MStatus.SPINNING,
    (MStatus.SPINNING, MEvent.FIND): MStatus.RUNNING,
    (MStatus.RUNNING, MEvent.RELEASE): MStatus.IDLE,
    (MStatus.SPINNING, MEvent.RELEASE): MStatus.IDLE,
    (MStatus.RUNNING, MEvent.HAND_OFF): MStatus.BLOCKED,
    (MStatus.BLOCKED, MEvent.RETURN): MStatus.IDLE,
    (MStatus.BLOCKED, MEvent.WANT): MStatus.WANTING,
    (MStatus.IDLE, MEvent.LOSE): MStatus.GONE,
    (MStatus.WANTING, MEvent.LOSE): MStatus.GONE,
    (MStatus.RUNNING, MEvent.LOSE): MStatus.GONE,
    (MStatus.SPINNING, MEvent.LOSE): MStatus.GONE,
    (MStatus.BLOCKED, MEvent.LOSE): MStatus.GONE,
}

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


def move(table: Mapping[tuple[S, E], S], status: S, event: E) -> S:
    """The status after `event`; IllegalMoveError when the table has no such move."""
    try:
        return table[status, event]
    except KeyError:
        raise IllegalMoveError(f"{type(status).__name__} {status.name} cannot {event.value}: no such move") from None
