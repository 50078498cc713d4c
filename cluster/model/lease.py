"""A lease of a P: the right to run goroutines until a deadline.

The deadline counts from before the renewal was sent, so that the holder stops before the grantor
takes the P back, however long the messages were under way.
"""

from dataclasses import dataclass
from typing import Final

from cluster.model.clock import Instant
from cluster.model.errors import NoLeaseError
from cluster.model.ids import Epoch, PId


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
