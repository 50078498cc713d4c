"""Who is there: the Ms of the cluster, and what each was doing when it was heard last.

Owner.      The coordinator.
Invariants. An M is on the idle stack exactly while its status is IDLE, and in the line for a P
            exactly while it is WANTING. It holds a P exactly while RUNNING or SPINNING. An id is
            never used again.
Order.      Idle Ms are a stack, the last first: its caches are warm, and the others can sleep on.
            Ms that want a P stand in line.
Sources.    Go 1.19 runtime/proc.go: mget, mput, stopm, startm.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import NewType

from cluster.model.clock import SECOND, Instant
from cluster.model.ids import NO_M, MId, PId, ProgramId
from cluster.model.status import M_MOVES, MEvent, MStatus, move
from cluster.wire.messages import Load, Peer, Record

PeerId = NewType("PeerId", bytes)  # how the shell addresses a process

GHOST_NS = 5 * SECOND  # the last words of a dead process arrive in milliseconds
EXITS_MAX = 1024

NO_LOAD = Load(runnable=0, stealable=0, ring=0, globrunq=0, goroutines=0, tick=0)


@dataclass(slots=True)
class M:
    """A worker process."""

    id: MId
    peer: PeerId
    pid: int
    endpoint: str
    heard_at: Instant  # itself, or its nursery, which vouches for it
    spoke_at: Instant = Instant(0)  # itself
    status: MStatus = MStatus.IDLE
    p: PId | None = None
    nonce: int = 0  # of its latest renewal; leases count from when that was sent
    load: Load = NO_LOAD
    told_hungry: bool = False
    gave_to: MId = NO_M  # the thief of what it gave last, if there was one for all of it
    told_backlog: bool = False
    blocked: bool = False  # a goroutine keeps its P in a call that blocks, and it was not yet told to hand that off
    retake_asked_at: Instant | None = None  # when its P was asked back; None since the lease
    idle_since: Instant | None = None  # as newm.retire has seen it
    immobile: str = ""  # why started goroutines neither leave it nor come to it
    unpreempted: str = ""  # why goroutines keep it until they await
    key: str = ""  # with which it proves to other Ms who it is; "" when links have none
    bad_frames: int = 0  # that it has dropped
    untaken: dict[tuple[ProgramId, int], Record] = field(default_factory=dict)  # sent to it, and perhaps lost with it
    took: dict[ProgramId, int] = field(default_factory=dict)  # goroutines that it ever said are its own, by program


@dataclass(slots=True)
class Nursery:
    """A parent of Ms."""

    heard_at: Instant
    grows: bool = False  # it makes more when it is asked
    asked: bool = False  # for one more, and has not answered
    declined_at: Instant | None = None  # when it could not make one
    expected: dict[int, Instant] = field(default_factory=dict)  # children that have not registered, by pid: since when
    made: set[int] = field(default_factory=set)  # children that it made because it was asked, by pid


class Membership:
    """All Ms that are alive, by id and by peer."""

    def __init__(self) -> None:
        self.ms: dict[MId, M] = {}
        self.by_peer: dict[PeerId, M] = {}
        self.nurseries: dict[PeerId, Nursery] = {}
        self.exits: dict[int, Instant] = {}  # when processes were said to have ended, by pid; the last few
        self._idle: list[M] = []
        self._wanting: deque[M] = deque()
        self._next_id = 0

    def join(self, peer: PeerId, pid: int, endpoint: str, now: Instant, immobile: str = "") -> M:
        """A new M, idle."""
        m = M(MId(self._next_id), peer, pid, endpoint, now, immobile=immobile)
        self._expect_no_more(pid)
        self._next_id += 1
        self.ms[m.id] = m
        self.by_peer[peer] = m
        self._idle.insert(0, m)  # under those that have worked; of several new ones the first is used first
        return m

    def exited(self, pid: int, now: Instant) -> None:
        """A process is dead: what it said last may still be under way, and does not make it a member."""
        self.exits[pid] = now
        self._expect_no_more(pid)
        while len(self.exits) > EXITS_MAX:
            del self.exits[next(iter(self.exits))]

    def expect(self, nursery: Nursery, pid: int, now: Instant) -> None:
        """A nursery has made an M, which may have registered already, or died."""
        if pid not in self.exits and not any(m.pid == pid for m in self.ms.values()):
            nursery.expected[pid] = now

    def _expect_no_more(self, pid: int) -> None:
        for nursery in self.nurseries.values():
            nursery.expected.pop(pid, None)

    def is_dead(self, pid: int, now: Instant) -> bool:
        """Whether a process of that id has just died; ids are used again, but not so soon."""
        died = self.exits.get(pid)
        return died is not None and now - died < GHOST_NS

    def move(self, m: M, event: MEvent) -> None:
        """The one door for an M's status; keeps the idle stack and the line in step with it."""
        old, m.status = m.status, move(M_MOVES, m.status, event)
        if old is m.status:
            return
        if old is MStatus.IDLE:
            self._idle.remove(m)
        elif old is MStatus.WANTING:
            self._wanting.remove(m)
        if m.status is MStatus.IDLE:
            self._idle.append(m)
        elif m.status is MStatus.WANTING:
            self._wanting.append(m)

    def lose(self, m: M) -> None:
        """The M is dead or fenced off."""
        self.move(m, MEvent.LOSE)
        del self.ms[m.id]
        del self.by_peer[m.peer]

    def first_wanting(self) -> M | None:
        """Who has waited longest for a P."""
        return self._wanting[0] if self._wanting else None

    def last_idle(self) -> M | None:
        """Who became idle last."""
        return self._idle[-1] if self._idle else None

    def with_status(self, status: MStatus) -> list[M]:
        """All Ms of that status, in the order of their ids."""
        return [m for m in self.ms.values() if m.status is status]

    @property
    def idle(self) -> int:
        """How many Ms have nothing to do."""
        return len(self._idle)

    def roster(self) -> tuple[Peer, ...]:
        """Where each M listens for the others."""
        return tuple(Peer(m.id, m.endpoint, m.key) for m in self.ms.values())

    def validate(self) -> None:
        """Raises AssertionError when an invariant does not hold."""
        assert sorted(m.id for m in self._idle) == [m.id for m in self.with_status(MStatus.IDLE)]
        assert sorted(m.id for m in self._wanting) == [m.id for m in self.with_status(MStatus.WANTING)]
        for m in self.ms.values():
            holds = m.status in (MStatus.RUNNING, MStatus.SPINNING)
            assert (m.p is not None) == holds, f"M {m.id} is {m.status} and holds P {m.p}"
