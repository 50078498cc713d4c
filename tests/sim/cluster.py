"""A cluster in one process: the real coordinator's core, real Ms, fake links, clock and hands.

One seed decides everything: who moves next, how long each message is under way, how much of what has
come is taken at once. Links are FIFO per direction, as ZeroMQ's are; between links there is no order.
Each M imports the program file for itself, so that Ms share no object by accident. After every step
the invariants that need a view from above are checked: one goroutine is in one place, one P is held by
one M at most. An M that is blocked in a demand serves its messages while the others go on, one inside
of the other: so the stack may be as deep as there are Ms. So does one whose goroutine blocks in a call (`block`):
there the node does what its sysmon thread would.
"""

import io
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from random import Random
from types import CodeType, ModuleType
from typing import Final, Self

from cluster.kernel import sched as kernel
from cluster.kernel.g import G
from cluster.model.clock import MICROSECOND
from cluster.model.ids import NO_M, MId, ProgramId
from cluster.wire import messages as w
from cluster.wire.pickling import MAIN_PREFIX, NoObjects, Pickling
from coordinator.core.membership import PeerId
from coordinator.core.state import Forget, Log
from coordinator.core.step import Core
from tests.fakes import FakeClock, FakePoller
from tests.sim.wires import Address, FaultyLink, Link, Wires, goroutines_in
from worker.core.machine import Machine
from worker.core.outbox import COORDINATOR, Entry
from worker.output import STDOUT, ProgramStream

PYTHON: Final = "3.x"
NURSERY: Final = PeerId(b"nursery")
PROGRAMS: Final = Path(__file__).with_name("programs.py")
STEPS_MAX: Final = 100_000  # a program of these tests takes a few thousand

CORE: Final[Address] = b"core"


@cache
def _code(path: str) -> CodeType:
    return compile(Path(path).read_text("utf-8"), path, "exec")


class Node:
    """One worker process. Implements the machine's `Hands` and `Loader`."""

    def __init__(self, world: "World", index: int) -> None:
        self._world = world
        self.index = index
        self.address: Address = b"w%d" % index
        self.pid = 100 + index
        self.alive = True
        self.paused_until = 0
        self.blocked = False
        self.look_at: int | None = None  # while a goroutine is in a call: when sysmon looks next
        self.handed_off = 0
        self._deferred: deque[tuple[MId, w.Message]] = deque()
        self._from_ms: deque[tuple[MId, w.Message]] = deque()
        self.netpoll = FakePoller()
        self._addresses: dict[MId, Address] = {}
        self._early: list[tuple[MId, w.Message]] = []
        self._me = MId(-1)
        register = w.RegisterM(self.pid, PYTHON, self.address.decode())
        chaos = Random(world.rng.getrandbits(32)) if world.chaos else None
        self.machine = Machine(world.clock, self, self, register, lambda: index, chaos)
        self.stdout = ProgramStream(self.machine, STDOUT, io.TextIOWrapper(io.BytesIO()))

    # -- Hands

    def meet(self, peers: tuple[w.Peer, ...], gone: tuple[MId, ...]) -> None:
        if self.machine.me != self._me:
            self._me = self.machine.me
            self._addresses.clear()
        self._addresses |= {peer.m: peer.endpoint.encode() for peer in peers}
        for m in gone:
            self._addresses.pop(m, None)
        early, self._early = self._early, []
        self._send(early)

    def call_aside(self, g: G, call: Callable[[], object]) -> None:
        raise AssertionError("these programs make no system calls")

    def pump(self) -> None:
        """Somebody moves, perhaps this M's own messages."""
        self.blocked = True
        self._send(self.machine.outgoing())
        with _nobody_running():
            self._world.step()
        self.blocked = False

    def stay_in_call(self, steps: int) -> None:
        """A goroutine blocks here while somebody moves, so often; by chance it is seen to go on before it awaits."""
        self.look_at = self._next_look()
        with _nobody_running():
            for _ in range(steps):
                self._world.step()
        if self._world.rng.random() < 0.3:
            self.machine.incall.resumes(self._world.clock.now())
        self.look_at = None

    def _next_look(self) -> int:
        return self._world.clock.now() + self._world.rng.randrange(20, 200) * MICROSECOND

    def _look(self) -> None:
        """What the sysmon thread does beside a call, and what the main thread does when it is asked to serve."""
        machine, clock, held = self.machine, self._world.clock, self.machine.holds_p
        for link in self._world.shuffled(self._world.links_to(self.address)):
            for source, message in link.take(clock.now()):
                if not machine.take_aside(source, message):
                    (self._deferred if source == COORDINATOR else self._from_ms).append((source, message))
        if self.look_at is not None and clock.now() >= self.look_at:
            self.look_at = self._next_look()
            machine.incall.begins()
            if machine.incall.active and (self._from_ms or machine.incall.timers_due):
                messages = list(self._from_ms)
                self._from_ms.clear()
                with _current(machine.sched):
                    machine.incall.serve(messages, clock.now())
        machine.tick_aside(clock.now())
        self.handed_off += held and not machine.holds_p
        self._send(machine.outgoing())

    # -- Loader

    def load(self, program: ProgramId, source: w.Source, by_path: bool, alone: bool) -> str:
        module = ModuleType(f"{MAIN_PREFIX}{program}_{self.index}__")
        module.__file__ = source.path
        sys.modules[module.__name__] = module
        exec(_code(source.path), module.__dict__)
        return module.__name__

    def forget(self, program: ProgramId) -> None:
        sys.modules.pop(f"{MAIN_PREFIX}{program}_{self.index}__", None)

    # -- moving

    def next_move(self) -> int | None:
        """When this process has something to do; None when nothing but death can be said of it."""
        if not self.alive:
            return None
        machine, now = self.machine, self._world.clock.now()
        due = [self.paused_until] if self.paused_until > now else []
        if not due:
            due = [at for link in self._world._links[self.address].values() if (at := link.due()) is not None]
            if self.look_at is not None:
                due.append(self.look_at)
            elif self.blocked:
                due.append(machine.lease.next_renewal)
            elif machine.may_run or machine.wants_load:
                due.append(now)
            else:
                due.append(machine.deadline)
        return min(due)

    def move(self) -> None:
        """One turn of the loop, as in worker/loop.py."""
        if self.look_at is not None:
            self._look()
            return
        machine, clock = self.machine, self._world.clock
        for waiting in (self._from_ms, self._deferred):
            while waiting:
                machine.take(*waiting.popleft())
        for link in self._world.shuffled(self._world.links_to(self.address)):
            for source, message in link.take(clock.now()):
                machine.take(source, message)
        if self.blocked:
            machine.tick_aside(clock.now())
            self._send(machine.outgoing())
            return
        machine.tick(clock.now())
        self._send(machine.outgoing())
        if machine.done:
            self._world.kill(self.index)
        elif machine.wants_load:
            machine.load()
        elif machine.may_run:
            with _running(self):
                machine.run(clock.now())
            machine.conclude()

    def _send(self, messages: list[tuple[MId, w.Message]]) -> None:
        for to, message in messages:
            if to == COORDINATOR:
                self._world.send(self.address, CORE, self.machine.me, message)
            elif to in self._addresses:
                self._world.send(self.address, self._addresses[to], self.machine.me, message, to)
            else:
                self._early.append((to, message))

    def records(self) -> Iterator[tuple[ProgramId, int]]:
        """The goroutines that this process has, or is about to send."""
        for hosted in self.machine.programs.values():
            yield from ((hosted.id, goid) for goid in hosted.kernel.gs)
            yield from ((hosted.id, record.goid) for record in hosted.inbox)
        entries: deque[Entry] = self.machine.outbox._entries
        for entry in entries:
            yield from goroutines_in(entry.message)
        for _, message in (*self._deferred, *self._from_ms):
            yield from goroutines_in(message)


class World:
    """Everything there is. A context: at its end the programs' modules are gone."""

    def __init__(
        self, seed: int, ms: int = 2, procs: int = 2, chaos: bool | None = None, wires: Wires | None = None
    ) -> None:
        """With `chaos` started goroutines, and Ps, go from M to M by chance; by default in every other world."""
        self.rng: Final = Random(seed)
        self.chaos: Final = seed % 2 == 0 if chaos is None else chaos
        self.moved = 0  # how often a started goroutine left its M
        self.clock: Final = FakeClock()
        self.core: Final = Core(procs, 1, PYTHON, self.clock.now())
        self._wires: Final = wires
        self._links: dict[Address, dict[Address, Link | FaultyLink]] = {CORE: {}}
        self.nodes: list[Node] = []
        self.output: dict[ProgramId, bytes] = {}
        self.heard: list[tuple[Address, w.Message]] = []  # by clients
        self.ended: dict[ProgramId, w.Ended] = {}
        self.lenient = False  # somebody is dead or was paused: its goroutines are lost by right
        self.always_survey = False  # ask for deadlocks at every moment, whether there is a reason or not
        self.sent: Counter[str] = Counter()  # messages by kind
        self._core_due: int | None = None  # when the core has something to do; None: to be asked, after it has moved
        self._foreseen: list[tuple[int, Node | None]] | None = None  # who moves when, while nothing but time has passed
        for _ in range(ms):
            self.add_node()
        if wires is None:
            self.until(lambda: all(node.machine.me != NO_M for node in self.nodes))

    def add_node(self) -> Node:
        node = Node(self, len(self.nodes))
        self._foreseen = None
        self.nodes.append(node)
        self._links[node.address] = {}
        return node

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Take the programs' modules away again."""
        for name in [name for name in sys.modules if name.startswith(MAIN_PREFIX)]:
            del sys.modules[name]

    # -- links

    def send(self, source: Address, to: Address, m: MId, message: w.Message, to_m: MId = NO_M) -> None:
        self._foreseen = None
        if to in self._links:
            links = self._links[to]
            if source not in links:
                links[source] = Link(self.rng) if self._wires is None else self._wires.link(source, to)
            links[source].put(self.clock.now(), m, message, to_m)
            self.sent[type(message).__name__] += 1
            if isinstance(message, w.Give | w.ReleaseP | w.Inject):
                self.moved += sum(record.started for record in message.records)

    def links_to(self, address: Address) -> list[Link | FaultyLink]:
        return list(self._links[address].values())

    def shuffled(self, links: list[Link | FaultyLink]) -> list[Link | FaultyLink]:
        return self.rng.sample(links, len(links))

    def kill(self, index: int, tell: bool = True) -> None:
        """The process dies; its parent tells, or nobody does."""
        node = self.nodes[index]
        node.alive, self.lenient = False, True
        self._foreseen = None
        self._links[node.address] = {}
        if tell:
            self.send(NURSERY, CORE, MId(-1), w.MExited(node.pid, 0, 9))

    def pause(self, index: int, duration_ns: int) -> None:
        """The process is stopped, as by SIGSTOP."""
        self.nodes[index].paused_until = self.clock.now() + duration_ns
        self._foreseen = None
        self.lenient = True

    # -- clients

    def start(self, main: Callable[..., object], *args: object, client: bytes = b"client") -> None:
        """A client starts a program of programs.py."""
        source = w.Source(str(PROGRAMS), "", (), (), "", "")
        body = Pickling(main.__module__, NoObjects()).dumps((main, args))
        self.tell(client, w.StartProgram(main.__name__, source, w.Options(False, False, False), body))

    def tell(self, client: bytes, message: w.FromClient) -> None:
        self.send(client, CORE, MId(-1), message)

    def run(self, main: Callable[..., object], *args: object) -> w.Ended:
        """Start a program and let everybody move until its client knows how it ended."""
        self.start(main, *args)
        return self.finish(ProgramId(1))

    def finish(self, program: ProgramId) -> w.Ended:
        for _ in range(STEPS_MAX):
            if program in self.ended:
                return self.ended[program]
            self.step()
        raise AssertionError(f"program {program} has not ended: {[node.machine.find.state for node in self.nodes]}")

    def two_programs(self) -> tuple[ProgramId, ProgramId]:
        """The ids of the first two programs, once both have been accepted."""
        self.until(lambda: self.core.state.next_program == 3)
        return ProgramId(1), ProgramId(2)

    def until(self, condition: Callable[[], bool]) -> None:
        """Let everybody move until `condition` holds."""
        for _ in range(STEPS_MAX):
            if condition():
                return
            self.step()
        raise AssertionError("it never came true")

    def result(self, ended: w.Ended) -> object:
        assert ended.kind == "returned", f"{ended.kind}: {ended.text}"
        return Pickling(__name__, NoObjects()).loads(ended.value) if ended.value else None

    def lines(self, program: ProgramId = ProgramId(1)) -> list[str]:
        """What a program printed."""
        return self.output.get(program, b"").decode().splitlines()

    # -- time

    def step(self) -> None:
        """Somebody who can move moves; when nobody can, time passes until somebody can."""
        now = self.clock.now()
        moves, self._foreseen = self._foreseen, None
        if moves is None:
            if self._wires is not None:
                self._wires.tend()
            moves = self._next_moves()
        ready = [node for at, node in moves if at <= now]
        if not ready:
            first = min([at for at, _ in moves])
            wires_at = first + 1 if self._wires is None else max(now, self._wires.due())
            self.clock.advance(min(first, wires_at) - now)
            if first < wires_at and not any(node.paused_until > now for node in self.nodes):
                self._foreseen = moves
            return
        mover = self.rng.choice(ready)
        if mover is None:
            self._move_core()
        else:
            mover.move()
        self.clock.advance(self.rng.randrange(100, 10_000))
        self._check()

    def _next_moves(self) -> "list[tuple[int, Node | None]]":
        """When each process that can will move; None is the coordinator."""
        moves: list[tuple[int, Node | None]] = [
            (at, node) for node in self.nodes if (at := node.next_move()) is not None
        ]
        if self._core_due is None:
            self._core_due = self.core.deadline or 1 << 62
        core_at = self._core_due
        for link in self._links[CORE].values():
            if (at := link.due()) is not None and at < core_at:
                core_at = at
        return [*moves, (core_at, None)]

    def disturbed(self) -> None:
        """Something has happened from outside: what was foreseen may be wrong."""
        self._foreseen = None

    def _move_core(self) -> None:
        self._core_due = None
        inputs: list[tuple[PeerId, w.ToCoordinator]] = []
        for source in self.rng.sample(list(self._links[CORE]), len(self._links[CORE])):
            taken = self._links[CORE][source].take(self.clock.now())
            inputs += [(PeerId(source), message) for _, message in taken]  # type: ignore[misc]
        if self.always_survey:
            self.core.state.surveys.want_deadlock = True
        for command in self.core.step(inputs, self.clock.now()):
            if isinstance(command, Log):
                assert self.lenient or "stale" not in command.phrase, f"an M that is well was fenced off: {command}"
            elif isinstance(command, Forget):
                pass  # these links lose nothing
            elif command.peer in self._links:
                self.send(CORE, command.peer, COORDINATOR, command.message)
            else:
                self._hear(command.peer, command.message)
        self.core.state.validate()

    def _hear(self, client: Address, message: w.Message) -> None:
        self.heard.append((client, message))
        if isinstance(message, w.Output):
            assert message.program not in self.ended, "a line after the end"
            self.output[message.program] = self.output.get(message.program, b"") + message.data
        elif isinstance(message, w.Ended):
            assert message.program not in self.ended, "a program ends once"
            self.ended[message.program] = message

    # -- what must hold, seen from above

    def _check(self) -> None:
        now, held = self.clock.now(), list[int]()
        for node in self.nodes:
            lease = node.machine.lease.lease
            if lease is not None and now < lease.deadline and node.alive:
                held.append(lease.p)
            dropped = [g for g in _queued(node.machine.sched) if g.program.dropped]
            assert not dropped, f"of a program that is over, and queued: {dropped}"
        assert len(set(held)) == len(held), f"two Ms run under one P: {held}"
        if not self.lenient:
            places = [place for place in self.records() if self.core.state.programs[place[0]].result is None]
            assert len(set(places)) == len(places), f"a goroutine is in two places: {sorted(places)}"

    def records(self) -> Iterator[tuple[ProgramId, int]]:
        """Every goroutine of a program that runs, wherever it is."""
        state = self.core.state
        found: list[tuple[ProgramId, int]] = [(record.program, record.goid) for record in state.globrunq._records]
        found += [(record.program, record.goid) for p in state.table.ps for record in p.runq]
        for node in self.nodes:
            found += node.records()
        for links in self._links.values():
            found += [g for link in links.values() for _, _, message in link.under_way for g in goroutines_in(message)]
        return (place for place in found if place[0] in state.programs)


def _queued(sched: kernel.Sched) -> list[G]:
    return [*sched.ring, *sched.globrunq, *([] if sched.runnext is None else [sched.runnext])]


def in_many_worlds(rng: Random, n: int, check: Callable[[int], None]) -> None:
    """Check something under `n` seeds; the one that fails is told."""
    for _ in range(n):
        seed = rng.getrandbits(32)
        try:
            check(seed)
        except BaseException as error:
            error.add_note(f"in the world of seed {seed}")
            raise


# -- what programs may call

_node: Node | None = None


@contextmanager
def _running(node: Node) -> Iterator[None]:
    global _node  # noqa: PLW0603  # one process stands for many: whose turn it is, is the world's one secret
    outer, _node = _node, node
    try:
        yield
    finally:
        _node = outer


def _nobody_running() -> AbstractContextManager[None]:
    """A kernel is left in the middle of a goroutine, and comes back to it."""
    return _current(None)


@contextmanager
def _current(sched: kernel.Sched | None) -> Iterator[None]:
    outer = kernel._current
    kernel._set_current(sched)
    try:
        yield
    finally:
        kernel._set_current(outer)


def say(*words: object) -> None:
    """`print`, as a goroutine of a real M calls it."""
    assert _node is not None
    print(*words, file=_node.stdout)


def burn(duration_ns: int) -> None:
    """Compute for a while."""
    assert _node is not None
    clock = _node.machine._clock
    assert isinstance(clock, FakeClock)
    clock.advance(duration_ns)


def block(steps: int) -> None:
    """Stay in a call that blocks, without a word, while others move so often."""
    assert _node is not None
    with _running(_node):
        _node.stay_in_call(steps)


def where() -> int:
    """The number of the process that this goroutine runs on."""
    assert _node is not None
    return _node.index
