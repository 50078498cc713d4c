"""The P table: every P, its lease and its epoch.

Owner.      The coordinator. A leased P's run queue lives in its M; here only what was put on the P
            from outside waits, until an M takes the lease and with it the queue.
Invariants. A P is on the idle stack exactly while its status is IDLE. A running P has a holder, an
            idle one has none. An epoch is granted once, and grows with every grant.
Order.      Idle Ps are a stack: the one that became idle last is leased first, for its M's caches;
            but a P with goroutines on it goes before one without.
Unlike Go.  Go needs no epoch: its Ms cannot vanish. Here whoever quotes an old one is refused.
Sources.    Go 1.19 runtime/proc.go: pidleget, pidleput, acquirep, releasep, procresize.
"""

from dataclasses import dataclass, field

from cluster.model.clock import Instant
from cluster.model.errors import StaleLeaseError
from cluster.model.ids import Epoch, MId, PId
from cluster.model.status import P_MOVES, PEvent, PStatus, move
from cluster.wire.messages import Record


@dataclass(slots=True)
class P:
    """A right to run, and a queue."""

    id: PId
    status: PStatus = PStatus.IDLE
    epoch: Epoch = Epoch(0)
    holder: MId | None = None
    granted_at: Instant = Instant(0)
    last: MId | None = None  # who held it before
    tick: int = 0  # schedtick, as the last holder told it
    runq: list[Record] = field(default_factory=list)  # put here from outside; goes with the next lease


class PTable:
    """All Ps of the cluster; GOMAXPROCS of them."""

    def __init__(self, procs: int) -> None:
        self.ps: list[P] = [P(PId(i)) for i in range(procs)]
        self._idle: list[P] = list(reversed(self.ps))  # P0 is leased first, as in Go
        self._dead: list[P] = []  # kept for their epochs, the lowest id last

    def __len__(self) -> int:
        return len(self.ps)

    @property
    def idle(self) -> int:
        """How many Ps nobody holds."""
        return len(self._idle)

    def acquire(self, m: MId, now: Instant, own: bool = False) -> P | None:
        """Lease an idle P to `m`, with `own` the one that it held last; None when all are leased. O(procs)."""
        if not self._idle:
            return None
        p = min(reversed(self._idle), key=lambda p: (not (own and p.last == m), not p.runq))
        self._idle.remove(p)
        p.status = move(P_MOVES, p.status, PEvent.ACQUIRE)
        p.epoch = Epoch(p.epoch + 1)  # fences off all that the previous holder may still send
        p.holder, p.granted_at = m, now
        return p

    def release(self, p: P) -> None:
        """The holder gave `p` back, or lost it."""
        p.status = move(P_MOVES, p.status, PEvent.RELEASE)
        p.holder, p.last = None, p.holder
        self._idle.append(p)

    def resize(self, procs: int) -> list[Record]:
        """Have `procs` Ps; the goroutines that waited on those that are gone. Nobody holds one of these."""
        left: list[Record] = []
        while len(self.ps) > procs:
            p = self.ps.pop()
            p.status = move(P_MOVES, p.status, PEvent.REMOVE)
            self._idle.remove(p)
            left, p.runq = [*p.runq, *left], []
            self._dead.append(p)
        while len(self.ps) < procs:
            p = self._dead.pop() if self._dead else P(PId(len(self.ps)), PStatus.DEAD)
            p.status = move(P_MOVES, p.status, PEvent.ADD)
            self.ps.append(p)
        self._idle = [p for p in reversed(self.ps) if p.status is PStatus.IDLE]  # as procresize leaves them
        return left

    def check(self, m: MId, p_id: PId, epoch: Epoch) -> P:
        """The P, when `m` holds it under `epoch`; StaleLeaseError tells why not."""
        if not 0 <= p_id < len(self.ps):
            raise StaleLeaseError(f"M {m} spoke for P {p_id}, but there are {len(self.ps)} Ps. Acquire a P first.")
        p = self.ps[p_id]
        if p.holder is None:
            raise StaleLeaseError(
                f"M {m} spoke for P {p_id} under lease epoch {epoch}, but nobody holds that P: its last lease, epoch "
                f"{p.epoch}, is over. Acquire a P first."
            )
        if p.holder != m:
            raise StaleLeaseError(
                f"M {m} spoke for P {p_id} under lease epoch {epoch}, but M {p.holder} holds it under epoch {p.epoch}. "
                f"Acquire a P first."
            )
        if p.epoch != epoch:
            raise StaleLeaseError(
                f"M {m} spoke for P {p_id} under lease epoch {epoch}, but the current epoch is {p.epoch}. Throw away "
                f"what the old lease gave, and speak under the new one."
            )
        return p

    def validate(self) -> None:
        """Raises AssertionError when an invariant does not hold."""
        assert sorted(p.id for p in self._idle) == [p.id for p in self.ps if p.status is PStatus.IDLE]
        for p in self.ps:
            assert (p.holder is None) == (p.status is not PStatus.RUNNING), f"P {p.id} {p.status} held by {p.holder}"
