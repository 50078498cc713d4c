"""A cluster in one process: the real coordinator's core, real Ms, fake links, clock and hands.

One seed decides everything: who moves next, how long each message is under way, how much of what has
come is taken at once. Links are FIFO per direction, as ZeroMQ's are; between links there is no order.
Each M (see nodes.py) imports the program file for itself, so that Ms share no object by accident. After every step
the invariants that need a view from above are checked: one goroutine is in one place, one P is held by
one M at most.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, Self

from cluster.kernel.g import G
from cluster.kernel.sched import Sched
from cluster.model.ids import NO_M, MId, ProgramId
from cluster.wire import messages as w
from cluster.wire.pickling import NoObjects, Pickling
from coordinator.core.membership import PeerId
from coordinator.core.state import Forget, Log
from coordinator.core.step import Core
from tests.fakes import FakeClock
from tests.sim.nodes import CORE, PYTHON, Node, Place
from tests.sim.wires import NEVER, Address, FaultyLink, Link, Wires
from worker.core.outbox import COORDINATOR

NURSERY: Final = PeerId(b"nursery")
PROGRAMS: Final = Path(__file__).with_name("programs.py")
STEPS_MAX: Final = 100_000  # a program of these tests takes a few thousand

READER: Final = Pickling(__name__, NoObjects())  # of what programs return, as a client
MOVING: Final = (w.Give, w.ReleaseP, w.Inject)  # messages in which goroutines leave an M


@cache
def _body(main: Callable[..., object], args: tuple[object, ...]) -> bytes:
    """What a client sends: the same each time, and a tenth of a storm to write, because a client looks for guards."""
    return Pickling(main.__module__, NoObjects()).dumps((main, args))


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
        self._at: dict[Address, Node] = {}
        self.output: dict[ProgramId, bytes] = {}
        self.heard: list[tuple[Address, w.Message]] = []  # by clients
        self.ended: dict[ProgramId, w.Ended] = {}
        self.lenient = False  # somebody is dead or was paused: its goroutines are lost by right
        self.always_survey = False  # ask for deadlocks at every moment, whether there is a reason or not
        self.sent: Counter[str] = Counter()  # messages by kind
        self._core_due: int | None = None  # when the core has something to do; None: to be asked, as `Node.due`
        self._core_places: list[Place] | None = None  # as `Node.places`, with what is under way to clients
        self._wires_at: int | None = None  # when the wires have something to do, while nothing but time has passed
        for _ in range(ms):
            self.add_node()
        if wires is None:
            self.until(lambda: all(node.machine.me != NO_M for node in self.nodes))

    def add_node(self) -> Node:
        node = Node(self, len(self.nodes))
        self.nodes.append(node)
        self._at[node.address] = node
        self._links[node.address] = {}
        return node

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.unload()

    def release(self) -> None:
        """It is over, and nobody keeps it: goroutines that are left are closed, which runs what `finally` they have."""
        for node in self.nodes:
            node.release()

    # -- links

    def send(self, source: Address, to: Address, m: MId, message: w.Message, to_m: MId = NO_M) -> None:
        if to in self._links:
            links = self._links[to]
            if source not in links:
                links[source] = Link(self.rng) if self._wires is None else self._wires.link(source, to)
            links[source].put(self.clock.now(), m, message, to_m)
            self.comes(to, links[source])
            self.sent[type(message).__name__] += 1
            if isinstance(message, MOVING):
                self.moved += sum(record.started for record in message.records)

    def first_to(self, address: Address) -> int:
        """When the first message of those that are under way to `address` arrives; NEVER if there is none."""
        first = NEVER
        for link in self._links[address].values():
            if (at := link.due()) is not None and at < first:
                first = at
        return first

    def at(self, address: Address) -> Node | None:
        """The M of that address; None for other processes."""
        return self._at.get(address)

    def links_to(self, address: Address) -> list[Link | FaultyLink]:
        return list(self._links[address].values())

    def shuffled(self, links: list[Link | FaultyLink]) -> list[Link | FaultyLink]:
        return self.rng.sample(links, len(links))

    def kill(self, index: int, tell: bool = True) -> None:
        """The process dies; its parent tells, or nobody does."""
        node = self.nodes[index]
        node.alive, self.lenient = False, True
        self._links[node.address] = {}
        self.disturbed()
        if tell:
            self.send(NURSERY, CORE, MId(-1), w.MExited(node.pid, 0, 9))

    def pause(self, index: int, duration_ns: int) -> None:
        """The process is stopped, as by SIGSTOP."""
        self.nodes[index].paused_until = self.clock.now() + duration_ns
        self.disturbed()
        self.lenient = True

    # -- clients

    def start(self, main: Callable[..., object], *args: object, client: bytes = b"client") -> None:
        """A client starts a program of programs.py."""
        source = w.Source(str(PROGRAMS), "", (), (), "", "")
        self.tell(client, w.StartProgram(main.__name__, source, w.Options(False, False, False), _body(main, args)))

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
        return READER.loads(ended.value) if ended.value else None

    def lines(self, program: ProgramId = ProgramId(1)) -> list[str]:
        """What a program printed."""
        return self.output.get(program, b"").decode().splitlines()

    # -- time

    def step(self) -> None:
        """Somebody who can move moves; when nobody can, time passes until somebody can."""
        now = self.clock.now()
        if self._wires is not None and (self._wires_at is None or self._wires_at <= now):
            self._wires.tend()
        ready: list[Node | None] = []  # None is the coordinator
        first = NEVER
        for node in self.nodes:
            at = node.next_move(now) if node.due is None else node.due
            if at <= now:
                ready.append(node)
            elif at < first:
                first = at
        core_at = self._core_move() if self._core_due is None else self._core_due
        if core_at <= now:
            ready.append(None)
        elif not ready:
            self._wires_at = NEVER if self._wires is None else self._wires.due()
            self.clock.advance(min(first, core_at, max(now, self._wires_at)) - now)
            return
        self._wires_at = None
        mover = self.rng.choice(ready)
        if mover is None:
            self._move_core()
        else:
            mover.move()
            mover.touched()
            self._wires_at = None  # which a step inside of this one may have set
        self.clock.advance(self.rng.randrange(100, 10_000))
        self._check()

    def _core_move(self) -> int:
        """When the coordinator has something to do."""
        self._core_due = due = min(self.core.deadline or NEVER, self.first_to(CORE))
        return due

    def comes(self, to: Address, link: Link | FaultyLink) -> None:
        """Something was put on a link, behind what is there: nothing else of `to` has changed."""
        at = link.due()
        node = self._at.get(to)
        self._wires_at = None
        if node is not None:
            node.places = None
            if at is not None and node.due is not None and at < node.due:
                node.due = at
        else:
            self._core_places = None
            if to == CORE and at is not None and self._core_due is not None and at < self._core_due:
                self._core_due = at

    def disturbed(self) -> None:
        """Something has happened from outside: all that was known may be wrong."""
        self._core_due = self._wires_at = self._core_places = None
        for node in self.nodes:
            node.touched()

    def _move_core(self) -> None:
        self._core_due = self._core_places = None
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
        self._core_places = None
        if isinstance(message, w.Output):
            assert message.program not in self.ended, "a line after the end"
            self.output[message.program] = self.output.get(message.program, b"") + message.data
        elif isinstance(message, w.Ended):
            assert message.program not in self.ended, "a program ends once"
            self.ended[message.program] = message

    # -- what must hold, seen from above

    def _check(self) -> None:
        """After each step. Of a process to which nothing has happened what was found before is still so."""
        now, held = self.clock.now(), list[int]()
        for node in self.nodes:
            lease = node.machine.lease.lease
            if lease is not None and now < lease.deadline and node.alive:
                held.append(lease.p)
            if not node.checked:
                dropped = [g for g in _queued(node.machine.sched) if g.program.dropped]
                assert not dropped, f"of a program that is over, and queued: {dropped}"
                node.checked = True
        assert len(set(held)) == len(held), f"two Ms run under one P: {held}"
        if not self.lenient:
            places = self._all_places()
            if len(set(places)) < len(places):
                places = [place for place in self.records() if self.core.state.programs[place[0]].result is None]
                assert len(set(places)) == len(places), f"a goroutine is in two places: {sorted(places)}"

    def records(self) -> Iterator[Place]:
        """Every goroutine of a program that runs, wherever it is."""
        return (place for place in self._all_places() if place[0] in self.core.state.programs)

    def _all_places(self) -> list[Place]:
        if self._core_places is None:
            state = self.core.state
            self._core_places = [(record.program, record.goid) for record in state.globrunq._records]
            self._core_places += [(record.program, record.goid) for p in state.table.ps for record in p.runq]
            for address in self._links:
                if address not in self._at:
                    self._core_places += self._under_way_to(address)
        found = [*self._core_places]
        for node in self.nodes:
            if node.places is None:
                node.places = node.records() + self._under_way_to(node.address)
            found += node.places
        return found

    def _under_way_to(self, address: Address) -> list[Place]:
        return [g for link in self._links[address].values() for g in link.goroutines()]


def _queued(sched: Sched) -> list[G]:
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
