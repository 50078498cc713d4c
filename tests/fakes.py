"""Stand-ins for what the decisions are kept apart from: the clock, the shell that drives a kernel, other Ms."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar, cast

from cluster.kernel.chan import Chan
from cluster.kernel.events import Panicked
from cluster.kernel.far import Far, FarOp, Served
from cluster.kernel.g import G, Program, Waiter
from cluster.kernel.outside import Closes
from cluster.kernel.sched import Sched, here
from cluster.kernel.shared import Shared
from cluster.model.clock import SECOND, Instant
from cluster.model.ids import Epoch, MId, ObjId, PId, ProgramId
from cluster.model.lease import Lease
from cluster.model.limits import RUNQ_SIZE

T = TypeVar("T")

FOREVER: Final = Instant(1 << 62)


class FakeClock:
    """A clock that moves when it is told to. It starts late enough for an earlier instant to exist."""

    def __init__(self, now: int = 1_000_000_000) -> None:
        self._now = Instant(now)

    def now(self) -> Instant:
        return self._now

    def unix_s(self) -> float:
        return self._now / SECOND

    def advance(self, duration_ns: int) -> None:
        assert duration_ns >= 0, "a clock does not go back"
        self._now = Instant(self._now + duration_ns)


class FakePoller:
    """Files, to a kernel and its machine: ready when the test says so. Those of `always_ready` always are."""

    def __init__(self) -> None:
        self.waiting: list[tuple[G, int, bool]] = []
        self.always_ready: list[int] = []
        self.adopted: list[tuple[Program, Closes]] = []
        self.dropped: list[Program] = []

    def poll(self, g: G, fd: int, write: bool) -> bool:
        if fd not in self.always_ready:
            self.waiting.append((g, fd, write))
        return fd not in self.always_ready

    def forget(self, g: G, fd: int, write: bool) -> None:
        self.waiting.remove((g, fd, write))

    def adopt(self, program: Program, file: Closes) -> None:
        self.adopted.append((program, file))

    def drop(self, program: Program) -> None:
        self.dropped.append(program)

    def is_ready(self, fd: int, write: bool = False) -> list[G]:
        """Those who waited for that, and do no longer."""
        found = [entry for entry in self.waiting if entry[1:] == (fd, write)]
        self.waiting = [entry for entry in self.waiting if entry not in found]
        return [g for g, _, _ in found]


class FakeFar:
    """Another M, to a kernel: writes down what it is asked and told, and answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[G, ObjId, FarOp, object]] = []
        self.told: list[tuple[ObjId, FarOp, object]] = []
        self.posted: list[tuple[ObjId, FarOp, object, Waiter | None]] = []
        self.answers: dict[FarOp, object] = {}  # to demands

    def ask(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        self.asked.append((g, obj, op, arg))

    def tell(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        self.told.append((obj, op, arg))

    def demand(self, g: G, obj: ObjId, op: FarOp, arg: object) -> object:
        return self.answers[op]

    def post(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object, waiter: Waiter | None = None) -> None:
        self.posted.append((obj, op, arg, waiter))


class Loopback:
    """Other Ms that use objects of the same kernel: what a handle asks or tells is served at once.

    As at a real home, nobody is executing meanwhile.
    """

    def __init__(self) -> None:
        self.sched: Sched | None = None
        self.objects: dict[ObjId, Served] = {}

    def handle(self, obj: T) -> T:
        """A handle on `obj`, which is of a shared type."""
        ref = ObjId(MId(7), len(self.objects))
        shared = cast("Shared", obj)
        self.objects[ref] = shared
        return cast("T", type(shared).handle(self._kernel(), ref, *shared.facts()))

    def ask(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        self._serve(obj, op, arg, Asker(self._kernel(), g))

    def tell(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        self._serve(obj, op, arg, StandIn())

    def demand(self, g: G, obj: ObjId, op: FarOp, arg: object) -> object:
        waiter = StandIn()
        self._serve(obj, op, arg, waiter)
        return waiter.woken[0]

    def post(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object, waiter: Waiter | None = None) -> None:
        self._serve(obj, op, arg, waiter or StandIn())

    def _kernel(self) -> Sched:
        assert self.sched is not None, "a FakeShell gives itself"
        return self.sched

    def _serve(self, obj: ObjId, op: FarOp, arg: object, waiter: Waiter) -> None:
        sched = self._kernel()
        cur, sched.cur = sched.cur, None
        try:
            self.objects[obj].serve(op, arg, waiter)
        finally:
            sched.cur = cur


class Asker:
    """A goroutine that asked through a Loopback."""

    def __init__(self, sched: Sched, g: G) -> None:
        self.val: object = None
        self._sched, self._g = sched, g

    def wake(self, val: object) -> None:
        self._g.val = val
        self._sched.ready(self._g)


class StandIn:
    """Waits in a queue in the place of a goroutine of another M."""

    def __init__(self) -> None:
        self.val: object = None
        self.woken: list[object] = []

    def wake(self, val: object) -> None:
        self.woken.append(val)

    def prepare(self, val: object) -> object:
        return val

    def fail(self, error: Exception) -> None:
        self.woken.append(error)


class AsleepError(Exception):
    """The program of a FakeShell deadlocked."""


class FakeShell:
    """Drives one kernel as an M does: leases it, moves its clock when all sleep, takes its events.

    `tick` is that of the P when main runs its first slice. Go's main.main begins at 5, after the runtime's own.
    """

    def __init__(
        self,
        *,
        far: Far | None = None,
        procs: int = 1,
        runq_size: int = RUNQ_SIZE,
        budget: int = 64,
        tick: int = 1,
    ) -> None:
        self.clock = FakeClock()
        self.sched = Sched(self.clock, far, procs, runq_size)
        if isinstance(far, Loopback):
            far.sched = self.sched
        self.lease = Lease(PId(0), Epoch(1), FOREVER)
        self.program = Program(ProgramId(1))
        self.budget = budget
        self.tick = tick

    def start(self, main: Callable[..., object], *args: object) -> G:
        """Make the program's main goroutine."""
        g = self.sched.spawn_main(self.program, main, args)
        self.sched.tick = self.tick - 1
        return g

    def run_until_idle(self) -> None:
        """Run what is runnable, at this instant."""
        while self.sched.run(self.lease, self.budget) and not self.sched.events:
            pass

    def finish(self) -> object:
        """Run to the end of main, through all sleeps: what main returned. Raises what left any goroutine."""
        while True:
            self.run_until_idle()
            if self.sched.events:
                event = self.sched.events[0]
                self.sched.drop(self.program)
                if isinstance(event, Panicked):
                    raise event.error
                return event.value
            when = self.sched.timers.next()
            if when is None:
                raise AsleepError
            self.clock.advance(max(0, when - self.clock.now()))

    def run(self, main: Callable[..., object], *args: object) -> object:
        """Run a program: what its main returned."""
        self.start(main, *args)
        return self.finish()


def run(main: Callable[..., object], *args: object) -> object:
    """Run a program on a kernel of its own: what its main returned."""
    return FakeShell().run(main, *args)


def new_gs(names: Iterable[object], program: Program, log: list[object]) -> list[G]:
    """Goroutines that were never started; each writes its name."""
    return [G(next(program.ids), program, log.append, (name,), None, 0) for name in names]


def names(gs: Iterable[G]) -> str:
    """The first arguments of goroutines that have not begun."""
    return "".join(str(g.args[0]) for g in gs)


async def park_for_ever() -> None:
    await Chan[None]().recv()


@contextmanager
def serving() -> Iterator[None]:
    """The caller does not do this for itself, but for a goroutine of another M."""
    sched = here("serving")
    sched.serving = True
    try:
        yield
    finally:
        sched.serving = False


class FakeDepot:
    """A depot on no disk: what was put there, by name. `room`: for so many bytes, together."""

    def __init__(self, room: int = 1 << 62) -> None:
        self.shelf: dict[str, list[bytearray]] = {}
        self.dropped: list[str] = []
        self.fetched = 0
        self._room = room

    def put(self, parts: Sequence[bytes | memoryview]) -> str:
        size = sum(map(len, parts))
        if size > self._room:
            return ""
        self._room -= size
        name = f"part-{len(self.shelf)}"
        self.shelf[name] = [bytearray(part) for part in parts]
        return name

    def fetch(self, name: str) -> list[memoryview]:
        parts = [memoryview(part) for part in self.shelf[name]]
        self.fetched += sum(map(len, parts))
        return parts

    def drop(self, name: str) -> None:
        self.dropped.append(name)
