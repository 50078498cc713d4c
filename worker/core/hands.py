"""The seam between the machine of an M, which decides, and its shell, which has sockets and threads."""

from collections.abc import Callable
from typing import Protocol

from cluster.kernel.g import G, Program
from cluster.kernel.outside import Poller
from cluster.model.ids import MId
from cluster.wire import messages as w


class Netpoll(Poller, Protocol):
    """What the machine needs of the poller, beside what goroutines need."""

    def drop(self, program: Program) -> None:
        """The program is over: its goroutines wait for nothing, and its files are closed."""
        ...


class Hands(Protocol):
    """What the machine needs done by its shell."""

    @property
    def netpoll(self) -> Netpoll:
        """Where goroutines wait for files; those that need not wait longer it hands to the kernel."""
        ...

    def meet(self, peers: tuple[w.Peer, ...], gone: tuple[MId, ...]) -> None:
        """Messages may be sent to these Ms from now on, and no more to those that are gone."""
        ...

    def call_aside(self, g: G, call: Callable[[], object]) -> None:
        """Make the call on a helper thread, and hand its outcome to `Machine.returned`."""
        ...

    def pump(self) -> None:
        """Wait for messages, take them, and send what may leave: this M is blocked in a demand."""
        ...
