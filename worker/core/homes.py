"""Shared objects: those of this M that others use (their home), and handles on those of others.

Names.      An object gets an id when it first leaves its M: (home, serial). On the wire it is its
            kind, its id and what a handle must know. Here it is one object per id, so that `is`
            works: a handle is kept while anybody has it.
Operations. An Ask waits under a ticket until its Answer; a Tell does not wait. At the home both do
            to the real object what a goroutine there would do, with a waiter that stands for the
            remote G. Waking it is the Answer. The kernel itself asks, too, for its selects; under
            ticket 0 it wants no answer. A select is an object here while it is not over.
Panics.     One that an Ask causes is raised where it was awaited. One that a Tell causes is raised
            at its goroutine's next await; if that goroutine is parked or has ended, the program
            panics at once, since no await of it is sure to come.
Outcomes.   OK: `val` is the value, b"" for None. CLOSED. RAISED: `val` is the exception.
Unlike Go.  Go's channels are memory. A value that cannot be pickled fails at the send that would
            have shipped it, and the receiver goes on waiting.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from itertools import count
from typing import Any, Final, cast
from weakref import WeakValueDictionary

from cluster.kernel.context import CancelContext
from cluster.kernel.far import FarOp, Packed, Partner, Served
from cluster.kernel.g import G, Waiter
from cluster.kernel.sched import Sched
from cluster.kernel.shared import KIND_OF, SHARED, Shared
from cluster.kernel.waitq import CLOSED
from cluster.model.errors import CannotShipError, ClusterError, FatalError
from cluster.model.ids import MId, ObjId, ProgramId
from cluster.wire.messages import Answer, Ask, Tell, TellFailed
from worker.core.outbox import Outbox
from worker.core.programs import Hosted


class Outcome(IntEnum):
    OK = 0
    CLOSED = 1
    RAISED = 2


NOBODY: Final = 0  # the number of a goroutine that there is not: it is the kernel that tells
OF_SELECTS: Final = frozenset(range(FarOp.SELECT_CLAIM, FarOp.SELECT_SETTLED + 1))  # what homes ask of a select


class Away(Waiter):
    """Stands in a wait queue for a goroutine of another M."""

    __slots__ = ("_homes", "_m", "_hosted", "_ticket", "val")

    def __init__(self, homes: "Homes", m: MId, hosted: Hosted, ticket: int) -> None:
        self._homes, self._m, self._hosted, self._ticket = homes, m, hosted, ticket
        self.val: object = None

    def wake(self, val: object) -> None:
        """Send the answer; CannotShipError when `val` cannot be pickled, and nothing was sent."""
        if val is CLOSED:
            self._homes.answer(self._m, self._hosted, self._ticket, Outcome.CLOSED, None)
        else:
            self._homes.answer(self._m, self._hosted, self._ticket, Outcome.OK, val)

    def prepare(self, val: object) -> object:
        """See `Partner`."""
        return Packed(self._homes.pack(self._hosted.id, val))

    def fail(self, error: Exception) -> None:
        """See `Partner`."""
        self._homes.answer(self._m, self._hosted, self._ticket, Outcome.RAISED, error)


class Homes:
    """The shared objects that this M knows. Implements `Far` for its kernel and `Objects` for pickling."""

    def __init__(self, outbox: Outbox, programs: dict[ProgramId, Hosted], pump: Callable[[], None]) -> None:
        self.me: MId = MId(-1)
        self._outbox: Final = outbox
        self._programs: Final = programs
        self._objects: dict[int, tuple[ProgramId, Served]] = {}  # mine, by serial
        self._handles: WeakValueDictionary[ObjId, Shared] = WeakValueDictionary()
        self._ids: dict[int, ObjId] = {}  # mine, by address: they are in _objects, so the address is theirs
        self._serials: Final = count(1)
        self._ticket = 0
        self._waiting: dict[int, G] = {}  # goroutines of mine, by ticket
        self._partners: dict[int, tuple[ProgramId, Partner]] = {}  # the kernel's own waiters, by ticket
        self._selects: dict[int, tuple[ProgramId, Served]] = {}  # those of mine that others may ask, by serial
        self._demands: dict[int, Answer | None] = {}  # answers that block this M
        self._sealing = False
        self.sched: Sched | None = None
        self._pump: Final = pump  # take messages, wait for some: this M is blocked
        self.tells_taken: dict[MId, int] = {}
        self._untold: dict[MId, deque[tuple[ProgramId, int]]] = {}  # whose Tells have not taken effect, in order
        self._told: dict[MId, int] = {}

    # -- Objects, for pickling

    def name(self, obj: object) -> tuple[object, ...] | None:
        """The wire name of a shared object; None when `obj` is none."""
        kind = KIND_OF.get(type(obj))
        if kind is None:
            return None
        shared = cast("Shared", obj)
        return (kind, *self._id_of(shared), *shared.facts())

    def _id_of(self, obj: Shared) -> ObjId:
        if obj.id is not None:
            return obj.id
        assert obj.program is not None, "a handle has an id from the start"
        # The sysmon thread ships goroutines, and so names objects, too: `setdefault` decides who was first.
        ref = self._ids.setdefault(id(obj), ObjId(self.me, next(self._serials)))
        self._objects[ref.serial] = obj.program, obj
        obj.id = ref
        return ref

    def find(self, *name: object) -> object:
        """The object with that name: itself at its home, a handle elsewhere."""
        kind, home, serial, *facts = cast("tuple[str, MId, int, *tuple[object, ...]]", name)
        if home == self.me:
            entry = self._objects.get(serial)
            if entry is None:
                raise ClusterError(f"object {serial} of M {home} is of a program that is over")
            return entry[1]
        ref = ObjId(home, serial)
        handle = self._handles.get(ref)
        if handle is None:
            assert self.sched is not None
            handle = SHARED[kind].handle(self.sched, ref, *facts)
            self._handles[ref] = handle
        elif isinstance(handle, CancelContext):
            handle.learn(*cast("tuple[Any, ...]", facts))  # as its own `facts` wrote them
        return handle

    def known(self, ref: ObjId) -> object | None:
        """The object of that name, or the handle on it; None when this M has none. From any thread."""
        if ref.home == self.me:
            entry = self._objects.get(ref.serial)
            return None if entry is None else entry[1]
        return self._handles.get(ref)

    # -- Far, for the kernel

    def ask(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        """See `Far`. CannotShipError when `arg` cannot be pickled: nothing was sent."""
        hosted = self._programs[g.program.id]
        message = Ask(
            hosted.id, obj.serial, op, self._new_ticket(), self._pack(hosted, arg, f"the argument of {op.name}")
        )
        self._waiting[message.ticket] = g
        self._post(obj.home, hosted, message)

    def tell(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        """See `Far`."""
        self._tell(self._programs[g.program.id], g.goid, obj, op, arg)

    def _tell(self, hosted: Hosted, goid: int, obj: ObjId, op: FarOp, arg: object) -> None:
        data = self._pack(hosted, arg, f"the argument of {op.name}")
        self.seal()
        hosted.sent += 1
        self._untold.setdefault(obj.home, deque()).append((hosted.id, goid))
        message = Tell(hosted.id, obj.serial, op, goid, data)
        if op is FarOp.WG_ADD:
            self._outbox.post_patient(obj.home, message, self._kernel().clock.now())
        else:
            self._outbox.post_nowait(obj.home, message)

    def report(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object) -> None:
        """See `Far`."""
        hosted = self._programs.get(program)
        if hosted is not None:
            self._tell(hosted, NOBODY, obj, op, arg)

    def broken(self, program: ProgramId, error: Exception) -> None:
        """See `Far`."""
        self._kernel().panicked(G(NOBODY, self._programs[program].kernel, _ended, (), None, 0), error)

    def seal(self) -> None:
        """Tell what was done with ends of channels that are borrowed: before what was caused later."""
        borrowed = self._kernel().borrowed
        if borrowed and not self._sealing:
            self._sealing = True
            for end in list(borrowed.values()):
                end.seal()
            self._sealing = False

    def flush(self) -> None:
        """The goroutines of this M have run for a while: others get what they wait for."""
        self.seal()
        for loan in list(self._kernel().loans.values()):
            loan.feed()

    def demand(self, g: G, obj: ObjId, op: FarOp, arg: object) -> object:
        """See `Far`. Other Ms' messages are served meanwhile, so that two Ms may demand of each other."""
        hosted = self._programs[g.program.id]
        ticket = self._new_ticket()
        self._demands[ticket] = None
        self._post(obj.home, hosted, Ask(hosted.id, obj.serial, op, ticket, self._pack(hosted, arg, op.name)))
        while (answer := self._demands[ticket]) is None:
            self.pump()
            if g.program.dropped:  # also when it is answered: nothing that `g` does from here on may have an effect
                self._kernel().leave(FatalError("the program is over"))
        del self._demands[ticket]
        if answer.outcome == Outcome.RAISED:
            raise self._unpack_error(hosted, answer.val)
        return self._unpack(hosted, answer.val)

    def post(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object, waiter: Partner | None = None) -> None:
        """See `Far`."""
        hosted = self._programs.get(program)
        if hosted is None:
            return
        ticket = 0
        if waiter is not None:
            ticket = self._new_ticket()
            self._partners[ticket] = program, waiter
        self._post(obj.home, hosted, Ask(program, obj.serial, op, ticket, self._pack(hosted, arg, op.name)))

    def publish(self, program: ProgramId, obj: Served) -> ObjId:
        """See `Far`."""
        ref = ObjId(self.me, next(self._serials))
        self._selects[ref.serial] = program, obj
        return ref

    def retire(self, ref: ObjId) -> None:
        """See `Far`."""
        self._selects.pop(ref.serial, None)

    def pack(self, program: ProgramId, val: object) -> bytes:
        """See `Far`."""
        return self._pack(self._programs[program], val, "a channel value")

    def unpack(self, program: ProgramId, data: bytes) -> object:
        """See `Far`."""
        return self._unpack(self._programs[program], data)

    # -- messages of other Ms

    def serve_ask(self, m: MId, message: Ask) -> None:
        """Another M's goroutine wants something of an object of mine."""
        hosted = self._programs.get(message.program)
        if hosted is None or hosted.pickling is None:
            return  # it was never loaded, so nobody can know an object of it here
        hosted.received += 1
        if hosted.kernel.dropped:
            return  # its end is known here: none of its goroutines may be readied
        waiter = Away(self, m, hosted, message.ticket) if message.ticket else _NOBODY
        if message.op in OF_SELECTS and message.serial not in self._selects:
            waiter.wake(False)  # it is over
            return
        try:
            obj = self._mine(message.serial)
            obj.serve(FarOp(message.op), self._unpack(hosted, message.arg), waiter)
        except Exception as error:  # noqa: BLE001  # whatever it is belongs to who asked
            self.answer(m, hosted, message.ticket, Outcome.RAISED, error)

    def serve_tell(self, m: MId, message: Tell) -> None:
        """Another M's goroutine did something to an object of mine, and does not wait."""
        self.tells_taken[m] = self.tells_taken.get(m, 0) + 1
        hosted = self._programs.get(message.program)
        if hosted is None or hosted.pickling is None:
            return  # it was never loaded, so nobody can know an object of it here
        hosted.received += 1
        if hosted.kernel.dropped:
            return  # its end is known here: none of its goroutines may be readied
        try:
            self._mine(message.serial).serve(FarOp(message.op), self._unpack(hosted, message.arg), _NOBODY)
        except (Exception, FatalError) as error:  # noqa: BLE001  # whatever it is belongs to who told
            failure = TellFailed(hosted.id, message.goid, self._pack_error(hosted, error))
            self._post(m, hosted, failure)

    def answer(self, m: MId, hosted: Hosted, ticket: int, outcome: Outcome, val: object) -> None:
        """Send the outcome of an Ask."""
        if outcome is Outcome.RAISED:
            assert isinstance(val, Exception)
            data = self._pack_error(hosted, val)
        elif isinstance(val, Packed):
            data = val.data
        else:
            data = self._pack(hosted, val, "a channel value")
        self._post(m, hosted, Answer(hosted.id, ticket, outcome, data))

    def take_answer(self, message: Answer) -> None:
        """An operation of a goroutine of mine is done."""
        hosted = self._programs.get(message.program)
        if hosted is not None:
            hosted.received += 1
        if message.ticket in self._demands:
            self._demands[message.ticket] = message
            return
        if message.ticket in self._partners:
            _, partner = self._partners.pop(message.ticket)
            if hosted is not None and not hosted.kernel.dropped:
                self._answer_partner(hosted, partner, message)
            return
        g = self._waiting.pop(message.ticket, None)
        if g is None or hosted is None or g.program.dropped:
            return
        assert self.sched is not None
        if message.outcome == Outcome.RAISED:
            self.sched.throw(g, self._unpack_error(hosted, message.val))
        elif message.outcome == Outcome.CLOSED:
            g.val = CLOSED
            self.sched.ready(g)
        else:
            try:
                g.val = self._unpack(hosted, message.val)
            except Exception as error:  # noqa: BLE001  # the value's own class failed: at the receiver, where it can be seen
                self.sched.throw(g, error)
            else:
                self.sched.ready(g)

    def _answer_partner(self, hosted: Hosted, partner: Partner, message: Answer) -> None:
        if message.outcome == Outcome.RAISED:
            error = self._unpack_error(hosted, message.val)
            partner.fail(error if isinstance(error, Exception) else ClusterError(text_of(error)))
            return
        try:
            val = self._unpack(hosted, message.val)
        except Exception as error:  # noqa: BLE001  # no home of ours sends such a thing; who waits is told, and the M goes on
            partner.fail(error)
        else:
            partner.wake(val)

    def told(self, by: MId, count: int) -> None:
        """The first `count` Tells to `by` have taken effect. Also beside a running goroutine, which may tell."""
        untold = self._untold.get(by)
        while untold and self._told.get(by, 0) < count:
            untold.popleft()
            self._told[by] = self._told.get(by, 0) + 1

    def telling(self) -> set[tuple[ProgramId, int]]:
        """The goroutines whose Tells have not all taken effect."""
        return {name for untold in list(self._untold.values()) for name in list(untold)}

    def take_failure(self, message: TellFailed) -> None:
        """A Tell of a goroutine of mine panicked."""
        hosted = self._programs.get(message.program)
        if hosted is None or hosted.kernel.dropped or hosted.pickling is None:
            return
        hosted.received += 1
        error = self._unpack_error(hosted, message.error)
        g = hosted.kernel.gs.get(message.goid)
        assert self.sched is not None
        awaits = g is not None and g.wait_reason is None and g.send is not None and not g.preempted
        awaits = awaits and not isinstance(error, FatalError)
        if g is not None and awaits:
            self.sched.throw_at_next_await(g, error)
        else:
            self.sched.panicked(g or G(message.goid, hosted.kernel, _ended, (), None, 0), error)

    def lose(self, gone: MId) -> None:
        """Another M is gone: its objects are, too. The coordinator ends the programs that had a part in it."""
        self._outbox.forget(gone)
        self._untold.pop(gone, None)
        self.tells_taken.pop(gone, None)

    def drop(self, program: ProgramId) -> None:
        """A program is over: its objects and its waiting goroutines are forgotten."""
        self._objects = {serial: entry for serial, entry in self._objects.items() if entry[0] != program}
        self._ids = {id(entry[1]): ObjId(self.me, serial) for serial, entry in self._objects.items()}
        self._waiting = {ticket: g for ticket, g in self._waiting.items() if g.program.id != program}
        self._partners = {ticket: entry for ticket, entry in self._partners.items() if entry[0] != program}
        self._selects = {serial: entry for serial, entry in self._selects.items() if entry[0] != program}
        sched = self._kernel()
        ends: tuple[dict[int, Any], ...] = sched.borrowed, sched.loans
        for known in ends:
            for key in [key for key, end in known.items() if end.program == program]:
                del known[key]

    def pump(self) -> None:
        """Serve others while a goroutine of mine blocks this M; a fatal error of theirs is not its."""
        sched = self._kernel()
        sched.serving = True
        try:
            self._pump()
            self.flush()
        finally:
            sched.serving = False

    # -- parts

    def _kernel(self) -> Sched:
        assert self.sched is not None, "the machine has made the kernel"
        return self.sched

    def _mine(self, serial: int) -> Served:
        entry = self._objects.get(serial) or self._selects.get(serial)
        if entry is None:
            raise ClusterError(f"M {self.me} has no object {serial}")
        return entry[1]

    def _new_ticket(self) -> int:
        self._ticket += 1
        return self._ticket

    def _post(self, to: MId, hosted: Hosted, message: Ask | Answer | TellFailed) -> None:
        self.seal()
        hosted.sent += 1
        self._outbox.post(to, message)

    def _pack(self, hosted: Hosted, val: object, what: str) -> bytes:
        if val is None:
            return b""
        assert hosted.pickling is not None, "a program whose goroutines run is loaded"
        return hosted.pickling.dumps(val, what)

    def _unpack(self, hosted: Hosted, data: bytes) -> object:
        if not data:
            return None
        assert hosted.pickling is not None, "a program whose objects are known is loaded"
        return hosted.pickling.loads(data)

    def _pack_error(self, hosted: Hosted, error: BaseException) -> bytes:
        """Its text and itself: not every exception can be written, and not every one that was can be read."""
        try:
            body = self._pack(hosted, error, "an exception")
        except CannotShipError:
            body = b""
        return self._pack(hosted, (text_of(error), body), "an error")

    def _unpack_error(self, hosted: Hosted, data: bytes) -> BaseException:
        text = "what another M has written as an error cannot be read"
        try:
            text, body = cast("tuple[str, bytes]", self._unpack(hosted, data))
            error = self._unpack(hosted, body)
        except Exception:  # noqa: BLE001  # its class cannot make it from what it had written
            error = None
        return error if isinstance(error, BaseException) else ClusterError(text)


def text_of(error: BaseException) -> str:
    """Its class and its text, whatever its `__str__` does."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception as failure:  # noqa: BLE001  # it is the program's own
        return f"{type(error).__name__}, whose text fails with {type(failure).__name__}"


def _ended() -> None:
    """The function of a goroutine that has ended already."""


class _Nobody:
    """The waiter of an operation that nobody waits for."""

    val: object = None

    def wake(self, val: object) -> None:
        return None


_NOBODY: Final = _Nobody()
