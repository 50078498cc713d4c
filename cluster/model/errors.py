"""The errors of the package: one tree, rooted at ClusterError.

A panic of Go is an exception here. `Panic` carries any value; panics of the runtime itself are
subclasses with Go's own text, and are printed without a type name. What ends the whole program
(deadlock, `fatal error: …`) is not an exception: nothing in the program may catch it.
"""

from typing import Final

from cluster.model.panics import panic_value


class ClusterError(Exception):
    """Something went wrong in, or by misuse of, the runtime."""

    def __reduce__(self) -> tuple[object, ...]:
        """As it is, when it crosses an M: many of these make their text themselves, and take no text."""
        return _as_it_was, (type(self), self.args), self.__dict__ or None


def _as_it_was(cls: type[ClusterError], args: tuple[object, ...]) -> ClusterError:
    error = cls.__new__(cls)
    error.args = args
    return error


class IllegalMoveError(ClusterError):
    """A state machine was asked for a move that its table lacks: a bug of ours."""


class NotInGoroutineError(ClusterError):
    """A call that only a goroutine can make was made outside of one."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} was called outside of a goroutine: it needs a running program. "
            f"Start one with cluster.run(main), and call it from main or from a goroutine that main started."
        )


class ForeignAwaitError(ClusterError):
    """A goroutine awaited something that is not ours, as an asyncio future."""

    def __init__(self, awaited: object) -> None:
        super().__init__(
            f"a goroutine awaited {type(awaited).__name__!r}, which this scheduler cannot wait for: goroutines await "
            f"channels, sleep, wait groups and other goroutine calls of the cluster package. Run other event loops' "
            f"awaitables in a thread of their own."
        )


class BadCaseError(ClusterError):
    """Something was passed to `select` that is no operation, or an operation that was used before."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(f"case {position} of select {what}")


class NotCallableError(ClusterError, TypeError):
    """`go` was given something that cannot be called, as the coroutine of a call."""

    def __init__(self, fn: object) -> None:
        super().__init__(
            f"go was given {type(fn).__name__!r}, which cannot be called: give it the function and its arguments, "
            f"go(f, x), not go(f(x))."
        )


class StaleLeaseError(ClusterError):
    """Somebody spoke for a P under a lease that is not, or no longer, his."""


class NoLeaseError(ClusterError):
    """A kernel was asked to run goroutines without a lease in force."""


class ProtocolError(ClusterError):
    """Bytes from a peer that are no message of ours."""


class CannotShipError(ClusterError):
    """A goroutine or a value must leave its M and cannot be pickled."""


class NoClusterError(ClusterError):
    """Nobody answers at the address, or no address is known."""


class LostError(ClusterError):
    """An M died, or was fenced off, with work on it."""


class FatalError(BaseException):
    """`fatal error: …`: ends the whole program, inside the call that causes it, so that no `except` sees it.

    `before` is printed before it.
    """

    def __init__(self, text: str, before: str = "") -> None:
        super().__init__(text)
        self.before: Final = before


class Goexit(BaseException):
    """Raised by `goexit()`: ends its goroutine. Its `finally` blocks run; `except Exception` does not see it."""


class NetError(ClusterError, OSError):
    """A network operation failed. Its text is that of Go's net.OpError.

    `errno` is the system's number, or None when it was not the system that refused. `written` is how many bytes
    a failed write had written.
    """

    def __init__(
        self, op: str, network: str, cause: str, source: str = "", addr: str = "", errno: int | None = None
    ) -> None:
        super().__init__(op, network, cause, source, addr)
        self.op: Final = op
        self.network: Final = network
        self.cause: Final = cause
        self.source: Final = source
        self.addr: Final = addr
        self.errno = errno
        self.written = 0

    def __reduce__(self) -> tuple[object, ...]:
        """Python keeps `errno` elsewhere than other attributes."""
        return _as_it_was, (type(self), self.args), self.__dict__ | {"errno": self.errno}

    def __str__(self) -> str:
        ends = "->".join(end for end in (self.source, self.addr) if end)
        return " ".join(word for word in (self.op, self.network, ends) if word) + f": {self.cause}"

    @property
    def timeout(self) -> bool:
        """Whether a deadline has passed."""
        return self.cause.endswith("i/o timeout")

    @property
    def closed(self) -> bool:
        """Whether this side had closed the connection, or the listener."""
        return self.cause == "use of closed network connection"


class ErrorValue(type):
    """The class of errors that are values as well, as in Go: its text is the class's, and it is an instance of itself.

    So `ctx.err() is Canceled`, `isinstance(ctx.err(), Canceled)`, `raise ctx.err()` and `except Canceled` all work.
    """

    text: str

    def __str__(cls) -> str:
        return cls.text

    def __instancecheck__(cls, instance: object) -> bool:
        return instance is cls or super().__instancecheck__(instance)


class Canceled(ClusterError, metaclass=ErrorValue):
    """A context is over because somebody cancelled it."""

    text = "context canceled"

    def __init__(self) -> None:
        super().__init__(self.text)


class DeadlineExceeded(ClusterError, metaclass=ErrorValue):
    """A context is over because its time was."""

    text = "context deadline exceeded"

    def __init__(self) -> None:
        super().__init__(self.text)


class ProgramError(ClusterError):
    """The program ended by a panic or a fatal error. `text` is what `cluster run` prints; `code` its exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.text: Final = text
        self.code: Final = code


class Panic(Exception):
    """A panic with a value, as `panic(value)` raises it. `str()` is the text Go prints for the value."""

    def __init__(self, value: object = None) -> None:
        super().__init__(value)
        self.value: Final = value

    def __str__(self) -> str:
        return panic_value(self.value)


class RuntimePanic(Panic, ClusterError):
    """A panic that the runtime raises itself; printed as its bare text."""


class SendOnClosedError(RuntimePanic):
    def __init__(self) -> None:
        super().__init__("send on closed channel")


class CloseOfClosedError(RuntimePanic):
    def __init__(self) -> None:
        super().__init__("close of closed channel")


class CloseOfNilError(RuntimePanic):
    def __init__(self) -> None:
        super().__init__("close of nil channel")


class NegativeCounterError(RuntimePanic):
    def __init__(self) -> None:
        super().__init__("sync: negative WaitGroup counter")


class MakeChanError(RuntimePanic):
    def __init__(self) -> None:
        super().__init__("makechan: size out of range")
