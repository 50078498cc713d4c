"""The lease of this M's P, and its sign of life to the coordinator.

Owner.      The M. One renewal is sent every `renew_ns`, with or without a P.
Invariants. `deadline` of a held lease is `give_up_ns` after the renewal that confirmed it last was
            *sent*. The coordinator counts from when it heard, and waits longer: LEASE_GIVE_UP_NS is
            less than LEASE_EXPIRE_NS. So the holder always gives up before the P is leased again,
            whatever the messages' delays.
Silence.    An M whose renewals are not answered, eight in a row, has lost its coordinator: it drops what it has, as one
            that was fenced off, and registers anew. One that is not welcomed within `give_up_ns` then exits, and so
            does one that is kept by a goroutine for as long again. Renewals are counted, not seconds, so that an M
            that was stopped for a while first looks whether its answers are waiting.
Sources.    Gray and Cheriton, Leases (SOSP 1989). Go needs none of this: its Ms cannot vanish.
"""

from typing import Final

from cluster.model.clock import Instant, after
from cluster.model.ids import NO_P, Epoch, PId
from cluster.model.lease import Lease
from cluster.model.limits import LEASE_GIVE_UP_NS, LEASE_RENEW_NS
from cluster.wire.messages import LeaseP, Load, Renew, Renewed

UNANSWERED_MAX: Final = 8  # renewals; four seconds on one machine


class LeaseClient:
    """Holds at most one lease."""

    def __init__(self, now: Instant) -> None:
        self.lease: Lease | None = None
        self._renew_ns = LEASE_RENEW_NS
        self._give_up_ns = LEASE_GIVE_UP_NS
        self._nonce = 0
        self._sent: dict[int, Instant] = {}  # unanswered renewals, oldest first
        self._next = now
        self._confirmed = now  # when the renewal that was answered last had been sent

    def configure(self, renew_ns: int, give_up_ns: int) -> None:
        """The coordinator's periods."""
        self._renew_ns, self._give_up_ns = renew_ns, give_up_ns

    @property
    def next_renewal(self) -> Instant:
        """When `renew` is due."""
        return self._next

    def abandoned(self, times: int = 1) -> bool:
        """Whether the coordinator must be taken for lost, having not answered for so many times as long."""
        return len(self._sent) >= times * UNANSWERED_MAX

    def welcome_by(self, now: Instant) -> Instant:
        """Until when an M that has lost its coordinator now waits for it."""
        return after(now, self._give_up_ns)

    def renew(self, now: Instant, load: Load) -> Renew:
        """A sign of life, at `now`; the next is due `renew_ns` later."""
        self._nonce += 1
        self._sent[self._nonce] = now
        self._next = after(now, self._renew_ns)
        p, epoch = (self.lease.p, self.lease.epoch) if self.lease else (NO_P, Epoch(0))
        return Renew(self._nonce, p, epoch, load)

    def renewed(self, message: Renewed) -> None:
        """A renewal was answered: all up to it were."""
        sent = self._sent.get(message.nonce)
        if sent is None:
            return
        for nonce in [nonce for nonce in self._sent if nonce <= message.nonce]:
            del self._sent[nonce]
        self._confirmed = sent
        if self.lease is not None and (self.lease.p, self.lease.epoch) == (message.p, message.epoch):
            self.lease.deadline = after(sent, self._give_up_ns)

    def granted(self, message: LeaseP) -> Lease:
        """A lease was granted; its deadline counts from the last renewal that was answered."""
        sent = self._sent.get(message.nonce, self._confirmed)
        self.lease = Lease(message.p, message.epoch, after(sent, self._give_up_ns))
        return self.lease

    def holds(self, p: PId, epoch: Epoch) -> bool:
        """Whether this is the lease in hand."""
        return self.lease is not None and (self.lease.p, self.lease.epoch) == (p, epoch)

    def drop(self) -> None:
        """The lease was given back, or lost."""
        self.lease = None
