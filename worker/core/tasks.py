"""The tasks of pools on this M: reading them, and telling their results.

Results.    What has ended within FLUSH_NS leaves in one message, at once if there is nothing else to do, and after
            all that the tasks have printed.
Reading.    A function that has a name is read once; one that goes by value is made anew for each task, for what
            one task changes in it is not the next one's. Plain values are read by plain pickle: what only our
            own reader knows has its names in its bytes.
Begin.      The initializer of a pool runs before the first task of it here. If it raises, no task can run.
Withdrawal. What is not wanted any more and has not begun never does. One that has begun ends at its next await, which
            `settle` sees to: the message may come while it executes. One that waits is taken out of where it waits,
            if it sleeps or waits at a channel of this M; elsewhere it ends when it is woken. With force it ends
            where it is: who has the signals asks `unwanted`. If its M is to end otherwise: `overdue`.
Invariants. Each task that ends here is told of once.
Rejected.   A message per result: at 30 us it would cost ten times the task.
Sources.    CPython Lib/concurrent/futures/process.py: _process_worker, for initializers and for what can be raised.
"""

import pickle
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from cluster.kernel.cancelling import cancel
from cluster.kernel.g import G
from cluster.kernel.outside import Call
from cluster.kernel.plain import Data, all_short
from cluster.kernel.sched import Sched
from cluster.model.clock import MILLISECOND, Instant
from cluster.model.errors import CannotShipError, Goexit
from cluster.model.ids import ProgramId
from cluster.model.limits import BATCH_BYTES, TASK_BYTES_MAX, WITHDRAWN_MAX
from cluster.wire import apart
from cluster.wire.messages import Withdraw
from cluster.wire.parts import Result
from cluster.wire.pickling import PROTOCOL, Pickling
from cluster.wire.results import PLAIN, Ended, message
from worker.core.outbox import COORDINATOR, Outbox
from worker.core.programs import Hosted

OUR_FRAMES: Final = ("cluster.kernel.", "worker.")
FLUSH_NS: Final = 5 * MILLISECOND  # between messages of results, while there is more to do here
FLUSH_MAX: Final = 256  # results, which do not wait for more
PLAIN_BYTES: Final = 8  # that a short plain value counts for in a message
FUNCTIONS_MAX: Final = 1024  # kept of one program; they are a client's own, and few
END_NS: Final = 500 * MILLISECOND  # for a task to end that its client wants ended, before its M is


class Unwanted(NamedTuple):
    """How a task is to end, since when."""

    force: bool
    end: bool
    since: Instant


class Pooled:
    """What this M knows of one pool."""

    def __init__(self) -> None:
        self.functions: dict[bytes, Callable[..., object]] = {}
        self.ended: deque[Ended] = deque()
        self.withdrawn: dict[int, Unwanted] = {}  # not wanted any more
        self.ready = False
        self.failure: BaseException | None = None  # of the initializer


class Tasks:
    """Implements the kernel's `Tasks`."""

    def __init__(self, outbox: Outbox, programs: Mapping[ProgramId, Hosted], sched: Sched) -> None:
        self._outbox: Final = outbox
        self._programs: Final = programs
        self._sched: Final = sched
        self._pools: dict[ProgramId, Pooled] = {}
        self._late: dict[tuple[ProgramId, int], None] = {}  # withdrawn when they had begun
        self._flushed_at = sched.clock.now()

    def begin(self, g: G, function: bytes, data: Data) -> Call:
        """See `Tasks`."""
        pool, pickling = self._of(g)
        if pool.withdrawn and g.goid in pool.withdrawn:
            raise Goexit
        if not pool.ready:
            self._get_ready(pool, pickling, self._programs[g.program.id].options.initializer)
        if not function:
            assert isinstance(data, bytes), "a function that is written by value is in the data"
            return cast("Call", pickling.read(data))
        fn = pool.functions.get(function)
        if fn is None:
            fn = cast("Callable[..., object]", pickling.read(function))
            if len(pool.functions) >= FUNCTIONS_MAX:
                pool.functions.clear()
            pool.functions[function] = fn
        if type(data) is tuple:
            return fn, data, {}
        args, kwargs = cast("tuple[tuple[object, ...], dict[str, object]]", pickling.read(cast("bytes", data)))
        return fn, args, kwargs

    def _of(self, g: G) -> tuple[Pooled, Pickling]:
        pool = self._pools.get(g.program.id)
        if pool is None:
            pool = self._pools[g.program.id] = Pooled()
        pickling = self._programs[g.program.id].pickling
        assert pickling is not None, "a program whose goroutines run is loaded"
        return pool, pickling

    def _get_ready(self, pool: Pooled, pickling: Pickling, initializer: bytes) -> None:
        """Call the initializer, once. A task that came before it had ended waits for nobody: it is the M's first."""
        if pool.failure is not None:
            raise pool.failure
        if initializer:
            try:
                fn, args = cast("tuple[Any, tuple[Any, ...]]", pickling.read(initializer))
                fn(*args)
            except BaseException as error:
                pool.failure = error
                raise
        pool.ready = True

    def returned(self, g: G, value: object, ran_ns: int) -> None:
        """See `Tasks`."""
        if all_short((value,)):
            pool = self._pools.get(g.program.id) or self._of(g)[0]  # it may have begun on another M
            pool.ended.append(Ended(g.goid, PLAIN, value, ran_ns))
            return
        pool, pickling = self._of(g)
        try:
            data = bytes(apart.dumps(pickling, pickling.depot, value, "what a task returned"))
            if len(data) > TASK_BYTES_MAX:
                raise CannotShipError(_too_large(len(data)))
        except BaseException as error:  # noqa: BLE001  # its own code may have raised it
            self._tell(g, pool, Result.RAISED, _raised(pickling, error), ran_ns)
        else:
            self._tell(g, pool, Result.RETURNED, data, ran_ns)

    def raised(self, g: G, error: BaseException, ran_ns: int) -> None:
        """See `Tasks`."""
        pool, pickling = self._of(g)
        if isinstance(error, Goexit) and g.goid in pool.withdrawn:
            del pool.withdrawn[g.goid]
            self._tell(g, pool, Result.WITHDRAWN, b"", ran_ns)
        else:
            kind = Result.UNREADY if error is pool.failure else Result.RAISED
            self._tell(g, pool, kind, _raised(pickling, error), ran_ns)

    def describe(self, error: BaseException) -> bytes:
        """See `Tasks`."""
        g = self._sched.cur
        assert g is not None, "it is asked by a goroutine"
        return _raised(self._of(g)[1], error)

    def _tell(self, g: G, pool: Pooled, kind: Result, data: bytes, ran_ns: int) -> None:
        pool.ended.append(Ended(g.goid, kind, data, ran_ns))

    def withdraw(self, message: Withdraw) -> None:
        """These are not wanted any more, wherever they are. By either thread."""
        program = message.program
        hosted = self._programs.get(program)
        if hosted is None:
            return
        pool = self._pools.setdefault(program, Pooled())
        for number in message.tasks:
            pool.withdrawn[number] = Unwanted(message.force, message.end, self._sched.clock.now())
            if number in hosted.kernel.gs:
                self._late[program, number] = None
        while len(pool.withdrawn) > WITHDRAWN_MAX:
            del pool.withdrawn[next(iter(pool.withdrawn))]
        self._sched.interrupt()

    def arrived(self, g: G) -> None:
        """`g` has begun on another M, and goes on here."""
        pool = self._pools.get(g.program.id)
        if pool is not None and g.goid in pool.withdrawn:
            self._late[g.program.id, g.goid] = None

    def unwanted(self, g: G) -> bool:
        """Whether `g` is to end wherever it is."""
        pool = self._pools.get(g.program.id)
        unwanted = None if pool is None else pool.withdrawn.get(g.goid)
        return unwanted is not None and unwanted.force

    @property
    def overdue(self) -> bool:
        """Whether a task that has begun here should have ended by now, and this M with it. By either thread."""
        now = self._sched.clock.now()
        for program, pool in list(self._pools.items()):
            gs = self._programs[program].kernel.gs if pool.withdrawn and program in self._programs else {}
            for number, unwanted in list(pool.withdrawn.items()):
                if unwanted.end and now - unwanted.since >= END_NS and (g := gs.get(number)) is not None:
                    return g.send is not None or g is self._sched.cur
        return False

    def settle(self) -> None:
        """Let withdrawn tasks that have begun end at the await at which they are. By the main thread, between runs."""
        for key in list(self._late):
            hosted = self._programs.get(key[0])
            g = hosted.kernel.gs.get(key[1]) if hosted is not None else None
            if g is None or g.send is None:  # it has ended, or left, or not begun: `begin` will see
                del self._late[key]
            elif not g.preempted:
                del self._late[key]
                cancel(self._sched, g)

    def drop(self, program: ProgramId) -> None:
        """The program is over."""
        self._pools.pop(program, None)
        for key in [key for key in self._late if key[0] == program]:
            del self._late[key]

    def flush(self) -> None:
        """Post what has ended, or leave it for more to come. By either thread, under the shell's lock."""
        waiting = 0
        for pool in list(self._pools.values()):
            waiting += len(pool.ended)
        if not waiting:
            return
        now, sched = self._sched.clock.now(), self._sched
        if waiting < FLUSH_MAX and now - self._flushed_at < FLUSH_NS and sched.cur is None and sched.runnable():
            return
        self._flushed_at = now
        for program, pool in list(self._pools.items()):
            while ended := _taken(pool.ended):
                self._outbox.post(COORDINATOR, message(program, ended))


def _taken(ended: "deque[Ended]") -> list[Ended]:
    """As much of it as makes one message; the main thread may be adding some."""
    taken: list[Ended] = []
    size = 0
    while ended and size < BATCH_BYTES:
        taken.append(ended.popleft())
        value = taken[-1].value
        size += len(value) if isinstance(value, bytes) else PLAIN_BYTES
    return taken


def _too_large(size: int) -> str:
    return (
        f"what a task returned has {size} bytes, and a result may have {TASK_BYTES_MAX}: have it write a file, and "
        f"return its name"
    )


def _raised(pickling: Pickling, error: BaseException) -> bytes:
    """An exception for the client: itself, if it can be pickled; its text and its traceback in any case."""
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001  # its `__str__` is the program's
        text = type(error).__name__
    frames = error.__traceback__
    while frames is not None and str(frames.tb_frame.f_globals.get("__name__")).startswith(OUR_FRAMES):
        frames = frames.tb_next
    try:
        lines = "".join(traceback.format_exception(type(error), error, frames))
    except BaseException:  # noqa: BLE001  # as above
        lines = text + "\n"
    try:
        data = pickling.dumps(error, f"{type(error).__name__}, which a task raised,")
    except BaseException as refusal:  # noqa: BLE001  # as above
        data, text = b"", str(refusal) if isinstance(refusal, CannotShipError) else text
    return pickle.dumps((data, text, lines), PROTOCOL)
