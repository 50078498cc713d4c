"""The nil channel: what a channel variable holds in Go before a channel is made.

Owner.      Nobody: it has no state. There is one in each process, and pickle knows it by its name.
Invariants. Never ready. Alone, its operations park for ever; in a select their cases are never
            chosen, which is how a Go program switches a case off.
Unlike Go.  Go's nil is of every channel type; ours is one value that fits `Chan[T]` for every T. Like
            every channel it is true: compare with `is nil`.
Sources.    Go 1.19 runtime/chan.go: the first lines of chansend, chanrecv and closechan.
"""

from collections.abc import Generator
from typing import Any, Final, Self

from cluster.kernel.chan import Chan
from cluster.kernel.g import CHAN_RECEIVE_NIL, CHAN_SEND_NIL, WaitReason
from cluster.kernel.parks import parks
from cluster.kernel.sched import here
from cluster.model.errors import CloseOfNilError


class NilChan(Chan[Any]):
    """A channel on which nothing ever happens."""

    __slots__ = ()

    def __new__(cls) -> Self:
        """The one that there is: a copy is the same channel."""
        return globals().get("nil") or super().__new__(cls)

    def __init__(self) -> None:
        self.id = self.home = self.program = None

    def __reduce__(self) -> str:
        return "nil"

    @property
    def zero(self) -> None:
        """Never received."""
        return

    @property
    def cap(self) -> int:
        """0"""
        return 0

    def __len__(self) -> int:
        return 0

    @parks
    def send(self, value: object) -> Generator[WaitReason, object, None]:
        """Park for ever."""
        here("send")
        while True:
            yield CHAN_SEND_NIL

    @parks
    def recv(self) -> Generator[WaitReason, object, Any]:
        """Park for ever."""
        here("recv")
        while True:
            yield CHAN_RECEIVE_NIL

    @parks
    def recv_ok(self) -> Generator[WaitReason, object, tuple[Any, bool]]:
        """Park for ever."""
        here("recv")
        while True:
            yield CHAN_RECEIVE_NIL

    @parks
    def __anext__(self) -> Generator[WaitReason, object, Any]:
        here("recv")
        while True:
            yield CHAN_RECEIVE_NIL

    def close(self) -> None:
        """Panic, as Go."""
        raise CloseOfNilError

    def __repr__(self) -> str:
        return "nil"


nil: Final = NilChan()
