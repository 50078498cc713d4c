"""What this M's goroutines ask about the whole program: the kernel's `Outside`.

Order.      A query leaves through the outbox, so it sees all that this M has caused before.
Blocking.   The M serves other Ms while it waits for the reply, as in a demand, and runs no goroutine.
Stopping.   Who resizes the P table keeps its P, if there still is one of that number. Any other M must
            give its P back, also while it waits for a resize of its own; it then waits for a new one.
Unlike Go.  Also a program on one M costs a round trip: what is under way is known to the coordinator.
Sources.    Go 1.19 runtime/proc.go: stopTheWorld, startTheWorld, procresize, gcount.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from cluster.kernel.g import G
from cluster.kernel.outside import Poller, Tasks
from cluster.kernel.sched import here
from cluster.model.errors import FatalError
from cluster.model.ids import ProgramId
from cluster.wire.messages import Query, Reply
from cluster.wire.parts import About
from worker.core.outbox import COORDINATOR, Outbox
from worker.core.programs import Hosted


class Host(Protocol):
    """The M, to its queries."""

    def block(self) -> None:
        """Take messages, waiting for some; a P that is wanted back is given back."""
        ...

    @property
    def holds_p(self) -> bool:
        """Whether goroutines may run."""
        ...

    def resized(self, procs: int) -> None:
        """There are `procs` Ps now. Who has kept its P hears it from nobody else."""
        ...

    def call_aside(self, g: G, call: Callable[[], object]) -> None:
        """Make the call on a helper thread."""
        ...


class Queries:
    """Implements the kernel's `Outside`."""

    def __init__(
        self, outbox: Outbox, programs: Mapping[ProgramId, Hosted], host: Host, netpoll: Poller, tasks: Tasks
    ) -> None:
        self._outbox: Final = outbox
        self._programs: Final = programs
        self._host: Final = host
        self.netpoll: Final = netpoll
        self.tasks: Final = tasks
        self._ticket = 0
        self._replies: dict[int, Reply | None] = {}

    def count(self, g: G) -> int:
        """See `Outside`."""
        return self._ask(g, About.COUNT, 0).number

    def others(self, g: G) -> list[str]:
        """See `Outside`."""
        return list(self._ask(g, About.OTHERS, g.goid).texts)

    def set_procs(self, g: G, procs: int) -> int:
        """See `Outside`."""
        before = self._ask(g, About.PROCS, procs).number
        while not self._host.holds_p:
            self._wait(g)
        self._host.resized(procs)
        return before

    def enter_syscall(self, g: G, call: Callable[[], object]) -> None:
        """See `Outside`."""
        self._host.call_aside(g, call)

    def take(self, reply: Reply) -> None:
        """The coordinator has answered."""
        if reply.ticket in self._replies:
            self._replies[reply.ticket] = reply

    def _ask(self, g: G, about: About, number: int) -> Reply:
        self._ticket += 1
        ticket = self._ticket
        self._replies[ticket] = None
        self._outbox.post(COORDINATOR, Query(g.program.id, ticket, about, number))
        while (reply := self._replies[ticket]) is None:
            self._wait(g)
        del self._replies[ticket]
        return reply

    def _wait(self, g: G) -> None:
        self._host.block()
        if g.program.dropped:  # or its M was fenced off: nothing that `g` does from here on may have an effect
            here("a question").leave(FatalError("the program is over"))
