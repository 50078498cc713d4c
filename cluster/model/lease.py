"""A lease of a P: the right to run goroutines until a deadline.

The deadline counts from before the renewal was sent, so that the holder stops before the grantor
takes the P back, however long the messages were under way.
"""

from dataclasses import dataclass
from typing import Final

from cluster.model.clock import Instant
from cluster.model.errors import ClusterError, NoLeaseError
from cluster.model.ids import Epoch, PId
from cluster.model.limits import (
    FAR_LEASE_EXPIRE_NS,
    FAR_LEASE_GIVE_UP_NS,
    FAR_LEASE_RENEW_NS,
    LEASE_EXPIRE_NS,
    LEASE_GIVE_UP_NS,
    LEASE_RENEW_NS,
)


@dataclass(frozen=True, slots=True)
class Periods:
    """How often a lease is renewed, when its holder gives it up unanswered, and when its grantor takes it back."""

    renew_ns: int
    give_up_ns: int
    expire_ns: int

    def __post_init__(self) -> None:
        """Raises ClusterError unless a holder is renewed in time, and gives up before the P is leased again."""
        if not 0 < self.renew_ns < self.give_up_ns < self.expire_ns:
            raise ClusterError(
                f"leases that are renewed after {self.renew_ns} ns, given up after {self.give_up_ns} and taken back "
                f"after {self.expire_ns} would let two Ms run under one P: each must be longer than the one before it."
            )


ONE_MACHINE: Final = Periods(LEASE_RENEW_NS, LEASE_GIVE_UP_NS, LEASE_EXPIRE_NS)
ACROSS_MACHINES: Final = Periods(FAR_LEASE_RENEW_NS, FAR_LEASE_GIVE_UP_NS, FAR_LEASE_EXPIRE_NS)


@dataclass(slots=True)
class Lease:
    """Held by an M. `deadline` moves with each renewal; `p` and `epoch` never change."""

    p: Final[PId]
    epoch: Final[Epoch]
    deadline: Instant

    def check(self, now: Instant) -> None:
        """Raises NoLeaseError when the lease has run out: no goroutine may be run under it."""
        if now >= self.deadline:
            raise NoLeaseError(
                f"the lease of P {self.p} (epoch {self.epoch}) ran out {(now - self.deadline) / 1e6:.1f} ms ago: the "
                f"coordinator has not answered. No goroutine may run; acquire a P again."
            )
