"""Channels: hchan, and what a goroutine does with it.

Owner.      The kernel of the M that made the channel: its home. Elsewhere the same type is a handle:
            `home` is set, the buffer and the queues are empty for ever, so that each operation falls
            through to the place where it would park, and asks the home there. An operation on a real
            channel pays nothing for this.
Invariants. One of the two wait queues is empty. A buffer with items has no waiting receivers; a
            buffer with room has no waiting senders.
Order.      Wait queues are FIFO. The second of two partners completes and goes on; the first is
            readied. A sender whose receiver is waiting bypasses the buffer. `close` readies the
            newest waiter first and the oldest last, which therefore becomes runnext.
Twice.      `send` and `recv` are written out for the goroutine of this M, where a method call per
            step would cost a tenth of a hop each, and as `_arrive_*` for waiters of every kind.
            The coroutine that a call makes is the operation: it can be used once, and Python itself
            reports one that was never awaited.
Sources.    Go 1.19 runtime/chan.go: chansend, chanrecv, closechan.
"""

from collections import deque
from collections.abc import Generator
from typing import Final, Generic, Self, TypeVar

from cluster.kernel.far import FarOp
from cluster.kernel.g import CHAN_RECEIVE, CHAN_SEND, G, Waiter, WaitReason
from cluster.kernel.parks import parks
from cluster.kernel.sched import Sched, here
from cluster.model.errors import (
    CannotShipError,
    CloseOfClosedError,
    MakeChanError,
    NotInGoroutineError,
    SendOnClosedError,
)
from cluster.model.ids import ObjId, ProgramId

T = TypeVar("T")


class _Closed:
    """What a waiter is woken with when its channel was closed under it."""

    def __repr__(self) -> str:
        return "CLOSED"


CLOSED: Final = _Closed()


class Chan(Generic[T]):
    """A channel of capacity `cap`, unbuffered by default. `zero` is what a closed one gives."""

    __slots__ = (
        "_sched",
        "_buf",
        "_cap",
        "_room",
        "_closed",
        "_recvq",
        "_sendq",
        "_zero",
        "id",
        "home",
        "program",
        "__weakref__",
    )

    def __init__(self, cap: int = 0, zero: T | None = None) -> None:
        if cap < 0:
            raise MakeChanError
        self._sched: Sched = here("Chan()")
        assert self._sched.cur is not None
        self.program: ProgramId | None = self._sched.cur.program.id  # None on handles
        self._cap = cap
        self._room = cap  # of the buffer, for senders: 0 when closed, and on handles
        self._closed = False
        self._zero = zero
        self._buf: deque[T] = deque()
        self._recvq: deque[G | Waiter] = deque()
        self._sendq: deque[G | Waiter] = deque()
        self.id: ObjId | None = None  # given when it first leaves its M
        self.home: ObjId | None = None  # set on handles: where the real one is

    @classmethod
    def handle(cls, sched: Sched, home: ObjId, cap: int, zero: T | None) -> Self:
        """A stand-in on this M for the channel `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home, self._cap, self._zero = sched, home, home, cap, zero
        self.program = None
        self._closed, self._room = False, 0
        self._buf, self._recvq, self._sendq = deque(), deque(), deque()
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: see `handle`."""
        return self._cap, self._zero

    @property
    def zero(self) -> T | None:
        """What a closed and drained channel gives."""
        return self._zero

    @property
    def cap(self) -> int:
        """The size of the buffer."""
        return self._cap

    def __len__(self) -> int:
        """Items in the buffer; parked senders do not count. On a handle: one round trip."""
        if self.home is not None:
            sched = here("len(channel)")
            assert sched.cur is not None
            length = sched.far.demand(sched.cur, self.home, FarOp.CHAN_LEN, None)
            assert isinstance(length, int)
            return length
        return len(self._buf)

    def __bool__(self) -> bool:
        return True

    @parks
    def send(self, value: T) -> Generator[WaitReason, object, None]:
        """Send; parks until a receiver or room in the buffer is there. Panics on a closed channel.

        Source: chansend.
        """
        if self._recvq:
            w = self._recvq.popleft()
            if type(w) is not G:
                self._hand_over(w, value)
                return
            w.val = value
            w.wait_reason = None
            sched = self._sched
            old, sched.runnext = sched.runnext, w
            if old is not None:
                sched.ring.append(old)
                if len(sched.ring) > sched.runq_size:
                    sched.spill()
            return
        if len(self._buf) < self._room:
            self._buf.append(value)
            return
        if self._closed:
            raise SendOnClosedError
        g = self._sched.cur
        if g is None:
            raise NotInGoroutineError("send")
        if self.home is None:
            g.val = value
            self._sendq.append(g)
        else:
            self._sched.far.ask(g, self.home, FarOp.CHAN_SEND, value)
        if (yield CHAN_SEND) is CLOSED:
            raise SendOnClosedError

    @parks
    def recv(self) -> Generator[WaitReason, object, T]:
        """Receive; parks until a value is there. The zero value when closed and drained.

        Source: chanrecv.
        """
        if self._buf:
            value = self._buf.popleft()
            if self._sendq:
                self._refill()
            return value
        if self._sendq:
            w = self._sendq.popleft()
            value = w.val  # type: ignore[assignment]  # what a T-sender left there
            if type(w) is not G:
                w.wake(None)
                return value
            w.val = None
            w.wait_reason = None
            sched = self._sched
            old, sched.runnext = sched.runnext, w
            if old is not None:
                sched.ring.append(old)
                if len(sched.ring) > sched.runq_size:
                    sched.spill()
            return value
        if self._closed:
            return self._zero  # type: ignore[return-value]  # the zero value stands for a T
        g = self._sched.cur
        if g is None:
            raise NotInGoroutineError("recv")
        if self.home is None:
            self._recvq.append(g)
        else:
            self._sched.far.ask(g, self.home, FarOp.CHAN_RECV, None)
        got = yield CHAN_RECEIVE
        return self._zero if got is CLOSED else got  # type: ignore[return-value]

    @parks
    def recv_ok(self) -> Generator[WaitReason, object, tuple[T, bool]]:
        """Receive a value and True, or the zero value and False when closed and drained."""
        if self._buf or self._sendq:
            return self._take(), True
        if self._closed:
            return self._zero, False  # type: ignore[return-value]
        self._queue_recv()
        got = yield CHAN_RECEIVE
        return (self._zero, False) if got is CLOSED else (got, True)  # type: ignore[return-value]

    def offer(self, value: T) -> bool:
        """Send if that needs no waiting; whether it was done. For timers of this M. Source: selectnbsend."""
        if not self._recvq and len(self._buf) >= self._room:
            return False
        self._arrive_send(value, _NOBODY)
        return True

    def close(self) -> None:
        """Close: receivers get what is buffered, then the zero value; senders panic. Never waits.

        Source: closechan.
        """
        if self.home is not None:
            sched = here("close")
            assert sched.cur is not None
            sched.far.tell(sched.cur, self.home, FarOp.CHAN_CLOSE, None)
            return
        if self._closed:
            raise CloseOfClosedError
        self._closed, self._room = True, 0
        waiters = [*self._recvq, *self._sendq]
        self._recvq.clear()
        self._sendq.clear()
        for w in reversed(waiters):
            self._wake(w, CLOSED)

    def __aiter__(self) -> Self:
        return self

    @parks
    def __anext__(self) -> Generator[WaitReason, object, T]:
        if self._buf or self._sendq:
            return self._take()
        got: object = CLOSED
        if not self._closed:
            self._queue_recv()
            got = yield CHAN_RECEIVE
        if got is CLOSED:
            raise StopAsyncIteration
        return got  # type: ignore[return-value]

    def __repr__(self) -> str:
        where = f", at {self.home}" if self.home else f", {len(self._buf)} buffered"
        return f"<Chan cap={self._cap}{where}{', closed' if self._closed else ''}>"

    # -- for waiters of every kind

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M. Raises Panic where a local call would."""
        match op:
            case FarOp.CHAN_SEND:
                self._arrive_send(arg, waiter)  # type: ignore[arg-type]
            case FarOp.CHAN_RECV:
                self._arrive_recv(waiter)
            case FarOp.CHAN_CLOSE:
                self.close()
            case FarOp.CHAN_LEN:
                waiter.wake(len(self._buf))
            case _:
                raise AssertionError(f"a channel was asked for {op.name}")

    def _arrive_send(self, value: T, waiter: Waiter) -> None:
        if self._closed:
            waiter.wake(CLOSED)
        elif self._recvq:
            self._hand_over(self._recvq.popleft(), value)
            waiter.wake(None)
        elif len(self._buf) < self._room:
            self._buf.append(value)
            waiter.wake(None)
        else:
            waiter.val = value
            self._sendq.append(waiter)

    def _arrive_recv(self, waiter: Waiter) -> None:
        if self._buf or self._sendq:
            waiter.wake(self._take())
        elif self._closed:
            waiter.wake(CLOSED)
        else:
            self._recvq.append(waiter)

    def _take(self) -> T:
        """The next value, of the buffer or of a parked sender: one of them is not empty."""
        if not self._buf:
            w = self._sendq.popleft()
            value: T = w.val  # type: ignore[assignment]  # what a T-sender left there
            self._wake(w, None)
            return value
        value = self._buf.popleft()
        if self._sendq:
            self._refill()
        return value

    def _refill(self) -> None:
        """A place in the full buffer came free: the oldest sender's value goes to the tail."""
        w = self._sendq.popleft()
        self._buf.append(w.val)  # type: ignore[arg-type]
        self._wake(w, None)

    def _hand_over(self, w: G | Waiter, value: T) -> None:
        """Give `value` to the receiver that was at the head; it stays there when the value cannot leave this M."""
        try:
            self._wake(w, value)
        except CannotShipError:
            self._recvq.appendleft(w)
            raise

    def _wake(self, w: G | Waiter, val: object) -> None:
        if isinstance(w, G):
            w.val = val
            self._sched.ready(w)
        else:
            w.wake(val)

    def _queue_recv(self) -> None:
        g = self._sched.cur
        if g is None:
            raise NotInGoroutineError("recv")
        if self.home is None:
            self._recvq.append(g)
        else:
            self._sched.far.ask(g, self.home, FarOp.CHAN_RECV, None)


class _Nobody:
    """The waiter of an operation that nobody waits for."""

    val: object = None

    def wake(self, val: object) -> None:
        return None


_NOBODY: Final = _Nobody()
