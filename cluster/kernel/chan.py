"""Channels: hchan, and what a goroutine does with it.

Owner.      The kernel of the M that made the channel: its home. Elsewhere the same type is a handle:
            `home` is set, the buffer and the queues are empty for ever, so that each operation falls
            through to the place where it would park, and asks the home there. A channel that waits for
            the claim of a select looks the same, and has a line at its door. An operation on a real
            channel pays nothing for either.
Invariants. One of the two wait queues is empty, but for a select that both sends and receives, and for
            stale cases. A buffer with items has no waiting receivers, one with room no waiting senders.
Order.      Wait queues are FIFO. The second of two partners completes and goes on; the first is
            readied. A sender whose receiver is waiting bypasses the buffer. `close` readies the
            newest waiter first and the oldest last, which therefore becomes runnext.
Twice.      `send` and `recv` are written out for the goroutine of this M, where a method call per
            step would cost a tenth of a hop each, and in deals.py for waiters of every kind.
            The coroutine that a call makes is the operation: it can be used once, and Python itself
            reports one that was never awaited.
Sources.    Go 1.19 runtime/chan.go: chansend, chanrecv, closechan.
"""

from collections import deque
from collections.abc import Generator
from typing import Generic, Self, TypeVar

from cluster.kernel import claims, deals, lending
from cluster.kernel.borrowing import AWAY, Ends
from cluster.kernel.deals import PARKED
from cluster.kernel.far import FarOp
from cluster.kernel.g import CHAN_RECEIVE, CHAN_SEND, G, Waiter, WaitReason
from cluster.kernel.parks import parks
from cluster.kernel.racing import sent
from cluster.kernel.sched import Sched, here
from cluster.kernel.waitq import CLOSED, Door, Queue, WaitQ
from cluster.model.errors import MakeChanError, NotInGoroutineError, SendOnClosedError
from cluster.model.ids import ObjId, ProgramId
from cluster.model.limits import LEND_CAP_MIN

T = TypeVar("T")


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
        "_sides",
        "_door",
        "_loan",
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
        program = self._sched.cur.program
        if program.race is not None and type(self) is Chan:
            self.__class__ = RacingChan  # it has the same fields
        self.program: ProgramId | None = program.id  # None on handles
        self._cap = cap
        self._room = cap  # of the buffer, for senders: 0 when closed, and on handles
        self._closed = False
        self._zero = zero
        self._buf: deque[T] = deque()
        self._recvq: Queue = deque()
        self._sendq: Queue = deque()
        self._sides: tuple[WaitQ, WaitQ] | None = None
        self._door: Door | None = None  # set where no decision is taken here and now
        self._loan: object | None = None  # made when another M wants to borrow an end: see lending.py
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
        self._sides, self._door = None, Ends() if cap >= LEND_CAP_MIN else AWAY
        self._loan = None
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
        return deals.length(self)

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
                self._recvq.appendleft(w)
                got = self._arrive(value, True)
                del value, w
                if got is PARKED:
                    got = yield CHAN_SEND
                if got is CLOSED:
                    raise SendOnClosedError
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
        if self._door is None:
            g.val = value
            self._sendq.append(g)
        elif (got := self._door.park(self, g, True, value)) is not PARKED:
            if got is CLOSED:
                raise SendOnClosedError
            return
        del value  # it is its receiver's, should this goroutine move
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
                self._sendq.appendleft(w)
                del value, w
                if (got := self._arrive(None, False)) is PARKED:
                    got = yield CHAN_RECEIVE
                return self._zero if got is CLOSED else got  # type: ignore[return-value]
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
        if self._door is None:
            self._recvq.append(g)
            got = yield CHAN_RECEIVE
        elif (got := self._door.park(self, g, False, None)) is PARKED:
            got = yield CHAN_RECEIVE
        return self._zero if got is CLOSED else got  # type: ignore[return-value]

    @parks
    def recv_ok(self) -> Generator[WaitReason, object, tuple[T, bool]]:
        """Receive a value and True, or the zero value and False when closed and drained."""
        if self._buf or (self._sendq and type(self._sendq[0]) is G):
            return self._take(), True
        if (got := self._arrive(None, False)) is PARKED:
            got = yield CHAN_RECEIVE
        return (self._zero, False) if got is CLOSED else (got, True)  # type: ignore[return-value]

    def offer(self, value: T) -> bool:
        """Send if that needs no waiting; whether it was done. For timers of this M. Source: selectnbsend.

        While the claim of a select is asked for nobody can know: then it stands in line, and may be done later.
        """
        waiter = _Nobody()
        if deals.ready(self, waiter, True) is False:
            return False
        self._arrive_send(value, waiter)
        return True

    def close(self) -> None:
        """Close: receivers get what is buffered, then the zero value; senders panic. Never waits.

        Source: closechan.
        """
        if self.home is not None:
            sched = here("close")
            assert sched.cur is not None
            if isinstance(self._door, Ends):
                self._door.closed_here()
            sched.far.tell(sched.cur, self.home, FarOp.CHAN_CLOSE, None)
            return
        deals.close(self)

    def __aiter__(self) -> Self:
        return self

    @parks
    def __anext__(self) -> Generator[WaitReason, object, T]:
        if self._buf or (self._sendq and type(self._sendq[0]) is G):
            return self._take()
        if (got := self._arrive(None, False)) is PARKED:
            got = yield CHAN_RECEIVE
        if got is CLOSED:
            raise StopAsyncIteration
        return got  # type: ignore[return-value]

    def __repr__(self) -> str:
        if self.home is not None:
            return f"<Chan cap={self._cap}, at {self.home}>"
        closed = ", closed" if deals.closed(self) else ""
        return f"<Chan cap={self._cap}, {deals.length(self)} buffered{closed}>"

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
                waiter.wake(len(self))
            case _ if op in lending.OPS:
                lending.serve(self, op, arg, waiter)
            case _:
                claims.serve(self, op, arg, waiter)

    def _take(self) -> T:
        """The next value: of the buffer, or of the goroutine of this M that waits to send it."""
        if self._buf:
            value = self._buf.popleft()
            if self._sendq:
                self._refill()
            return value
        g = self._sendq.popleft()
        assert type(g) is G
        value, g.val = g.val, None  # type: ignore[assignment]  # what a T-sender left there
        self._sched.ready(g)
        return value

    def _refill(self) -> None:
        """A place in the full buffer came free: the oldest sender's value goes to the tail."""
        g = self._sendq[0]
        if type(g) is not G:
            deals.settle(self)
            return
        self._sendq.popleft()
        self._buf.append(g.val)  # type: ignore[arg-type]
        g.val = None
        self._sched.ready(g)

    def _arrive_send(self, value: T, waiter: Waiter) -> None:
        waiter.val = value
        if (got := deals.arrive(self, waiter, True)) is not PARKED:
            waiter.wake(got)

    def _arrive_recv(self, waiter: Waiter) -> None:
        if (got := deals.arrive(self, waiter, False)) is not PARKED:
            waiter.wake(got)

    def _arrive(self, value: T | None, sending: bool) -> object:
        """What the operation of the executing goroutine gives now; PARKED when it must yield for that."""
        g = self._sched.cur
        if g is None:
            raise NotInGoroutineError("send" if sending else "recv")
        if self._door is not None:
            return self._door.park(self, g, sending, value)
        if not (sending or self._closed or self._sendq or self._buf):
            self._recvq.append(g)
            return PARKED
        g.val = value
        got = deals.arrive(self, g, sending)
        if got is not PARKED:
            g.val = None
        return got


class RacingChan(Chan[T]):
    """A channel of a program whose values are copied: see racing.py. What `Chan()` makes there."""

    __slots__ = ()

    async def send(self, value: T) -> None:
        """Send a copy. CannotShipError when there can be none: then nothing has happened."""
        g = self._sched.cur
        sending = Chan.send(self, value if g is None else sent(g.program, value))
        del value  # see `Chan.send`
        await sending


class _Nobody:
    """The waiter of an operation that nobody waits for."""

    __slots__ = ("val",)

    val: object

    def wake(self, val: object) -> None:
        return None
