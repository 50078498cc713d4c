"""One M of a simulated cluster: a real machine, the hands and the loader that it needs, and what its programs may call.

An M that is blocked in a demand serves its messages while the others go on, one inside of the other: so the stack may
be as deep as there are Ms. So does one whose goroutine blocks in a call (`block`): there the node does what its sysmon
thread would. When it moves next, and which goroutines it has, is asked anew only when something has happened to it.
"""

import io
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from random import Random
from types import CodeType, ModuleType
from typing import Final, Protocol

from cluster.kernel import sched as kernel
from cluster.kernel.g import G
from cluster.model.clock import MICROSECOND
from cluster.model.ids import NO_M, MId, ProgramId
from cluster.wire import messages as w
from cluster.wire.pickling import MAIN_PREFIX
from tests.fakes import FakeClock, FakePoller
from tests.sim.wires import NEVER, Address, FaultyLink, Link, goroutines_in
from worker.core.machine import Machine
from worker.core.outbox import COORDINATOR, Entry
from worker.output import STDOUT, ProgramStream

PYTHON: Final = "3.x"
CORE: Final[Address] = b"core"
OWN: Final = io.TextIOWrapper(io.BytesIO())  # stdout of all Ms: gc would close one of each M before what flushes to it

Place = tuple[ProgramId, int]  # the goroutine that was found at one place; found twice, it is in two


class Around(Protocol):
    """What an M is in; see cluster.py."""

    rng: Random
    chaos: bool
    clock: FakeClock

    def step(self) -> None: ...

    def send(self, source: Address, to: Address, m: MId, message: w.Message, to_m: MId = NO_M) -> None: ...

    def first_to(self, address: Address) -> int: ...

    def links_to(self, address: Address) -> list[Link | FaultyLink]: ...

    def shuffled(self, links: list[Link | FaultyLink]) -> list[Link | FaultyLink]: ...

    def kill(self, index: int, tell: bool = True) -> None: ...


@cache
def _code(path: str) -> CodeType:
    return compile(Path(path).read_text("utf-8"), path, "exec")


class Node:
    """One worker process. Implements the machine's `Hands` and `Loader`."""

    def __init__(self, world: Around, index: int) -> None:
        self._world = world
        self.index = index
        self.address: Address = b"w%d" % index
        self.pid = 100 + index
        self.alive = True
        self.paused_until = 0
        self.blocked = False
        self.look_at: int | None = None  # while a goroutine is in a call: when sysmon looks next
        self.due: int | None = None  # what `next_move` said, until something happens to this process
        self.places: list[Place] | None = None  # and `records`, with what is under way to it
        self.checked = False  # and whether its queues were looked through
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
        self._loaded: dict[ProgramId, str] = {}  # main files that are imported here, by name
        self._kernels = [self.machine.sched]  # one after the other: an M that was fenced off begins with a new one
        self.stdout = ProgramStream(self.machine, STDOUT, OWN)

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
        self.touched()
        with _nobody_running():
            self._world.step()
        self.blocked = False

    def stay_in_call(self, steps: int) -> None:
        """A goroutine blocks here while somebody moves, so often; by chance it is seen to go on before it awaits."""
        self.look_at = self._next_look()
        self.touched()
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
        self._loaded[program] = module.__name__
        exec(_code(source.path), module.__dict__)
        return module.__name__

    def forget(self, program: ProgramId) -> None:
        sys.modules.pop(self._loaded.pop(program, ""), None)

    def unload(self) -> None:
        """All programs are over."""
        for program in list(self._loaded):
            self.forget(program)

    # -- moving

    def touched(self) -> None:
        """Something has happened to this process: what was known of it may be wrong."""
        self.due = self.places = None
        self.checked = False
        if self.machine.sched is not self._kernels[-1]:
            self._kernels.append(self.machine.sched)

    def release(self) -> None:
        """Nobody runs here any more. A stack that waits for its next run keeps all of the world, unseen by gc."""
        for sched in self._kernels:
            sched._runner._stack = None

    def next_move(self, now: int) -> int:
        """When this process has something to do; at once is any time that has passed. NEVER when it is dead."""
        if not self.alive:
            return NEVER
        if self.paused_until > now:
            return self.paused_until  # not kept: then it does what it would have done
        machine = self.machine
        if self.look_at is not None:
            due = self.look_at
        elif self.blocked:
            due = machine.lease.next_renewal
        elif machine.may_run or machine.wants_load:
            due = now
        else:
            due = machine.deadline
        self.due = due = min(due, self._world.first_to(self.address))
        return due

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

    def records(self) -> list[Place]:
        """The goroutines that this process has, or is about to send."""
        found: list[Place] = []
        for hosted in self.machine.programs.values():
            found += [(hosted.id, goid) for goid in hosted.kernel.gs]
            found += [(hosted.id, record.goid) for record in hosted.inbox]
        entries: deque[Entry] = self.machine.outbox._entries
        for entry in entries:
            found += goroutines_in(entry.message)
        for _, message in (*self._deferred, *self._from_ms):
            found += goroutines_in(message)
        return found


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
