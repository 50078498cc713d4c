"""One M on its own: the real machine, with clock, hands, loader, peers and coordinator played by the test."""

import sys
from collections.abc import Callable
from textwrap import dedent
from types import ModuleType
from typing import Final, TypeVar

from cluster.kernel.g import G
from cluster.model.clock import Instant
from cluster.model.ids import Epoch, MId, PId, ProgramId
from cluster.model.limits import LEASE_GIVE_UP_NS, LEASE_RENEW_NS
from cluster.wire import messages as w
from cluster.wire.pickling import MAIN_PREFIX
from tests.fakes import FakeClock, FakePoller
from worker.core.machine import Machine
from worker.core.outbox import COORDINATOR
from worker.core.programs import Hosted, LoadError

ME: Final = MId(3)
OTHER: Final = MId(4)
A, B = ProgramId(1), ProgramId(2)
P0: Final = PId(0)
EPOCH: Final = Epoch(5)
SOURCE: Final = w.Source("/p.py", "", (), (), "", "")
OPTIONS: Final = w.Options(explain=False, trace=False, by_path=True)
WELCOME: Final = w.Welcome(ME, LEASE_RENEW_NS, LEASE_GIVE_UP_NS, 2)
REGISTER: Final = w.RegisterM(100, "3.x", "here")
PRELUDE: Final = """
from cluster.kernel.chan import Chan
from cluster.kernel.sched import go, gosched, sleep
from cluster.kernel.waitgroup import WaitGroup
log = []
async def write(word):
    log.append(word)
async def waits():
    await Chan().recv()
"""

T = TypeVar("T")


class Seat:
    """Implements the machine's `Hands` and `Loader`. `text` is the program file, after PRELUDE; `me` its id."""

    def __init__(self, text: str = "def main(): pass", me: MId = ME) -> None:
        self.me = me
        self.clock = FakeClock()
        self.text = text
        self.met: list[tuple[tuple[w.Peer, ...], tuple[MId, ...]]] = []
        self.forgotten: list[ProgramId] = []
        self.unloadable = ""
        self.netpoll = FakePoller()
        self.calls: list[tuple[G, Callable[[], object]]] = []
        self.on_pump: Callable[[], None] = lambda: None
        self.sent: list[tuple[MId, w.Message]] = []
        self.took: list[w.Took] = []  # said; it is told at once that this is known, and the test need not
        self._no_wait = 0  # messages to the coordinator that it owes a Told for
        self.machine = Machine(self.clock, self, self, REGISTER, lambda: 7)

    # -- Hands and Loader

    def meet(self, peers: tuple[w.Peer, ...], gone: tuple[MId, ...]) -> None:
        self.met.append((peers, gone))

    def pump(self) -> None:
        self.on_pump()
        self.machine.tick_aside(self.clock.now())

    def call_aside(self, g: G, call: Callable[[], object]) -> None:
        self.calls.append((g, call))

    def load(self, program: ProgramId, source: w.Source, by_path: bool, alone: bool) -> str:
        if self.unloadable:
            raise LoadError(self.unloadable)
        module = ModuleType(self._module(program))
        sys.modules[module.__name__] = module
        exec(PRELUDE + dedent(self.text), module.__dict__)
        return module.__name__

    def forget(self, program: ProgramId) -> None:
        self.forgotten.append(program)
        sys.modules.pop(self._module(program), None)

    # -- what the test does

    def take(self, *messages: w.Message, source: MId = COORDINATOR) -> None:
        for message in messages:
            self.machine.take(source, message)

    def send(self) -> list[tuple[MId, w.Message]]:
        """What may leave now."""
        self.sent = self._outgoing()
        return self.sent

    def _outgoing(self) -> list[tuple[MId, w.Message]]:
        left = []
        while leaving := self.machine.outgoing():
            for to, message in leaving:
                self._no_wait += to == COORDINATOR and isinstance(message, w.Took | w.Output)
                if isinstance(message, w.Took):
                    self.took.append(message)
                    self.take(w.Told(self._no_wait))
                else:
                    left.append((to, message))
        return left

    def turn(self, wait_ns: int = 0) -> list[tuple[MId, w.Message]]:
        """Time passes, then one turn of the loop: all that left."""
        self.clock.advance(wait_ns)
        self.machine.tick(self.clock.now())
        left = self._outgoing()
        if self.machine.wants_load:
            self.machine.load()
        elif self.machine.may_run:
            if self.machine.arrivals.waiting:  # a turn of its own, which the test does not count
                self.arrive()
                left += self._outgoing()
            self._run()
        self.sent = left + self._outgoing()
        return self.sent

    def arrive(self) -> None:
        """What came is read and queued; nothing runs."""
        assert self.machine.arrivals.waiting
        self._run()

    def _run(self) -> None:
        self.machine.run(self.clock.now())
        self.machine.conclude()

    def turns(self, n: int) -> list[tuple[MId, w.Message]]:
        """Several turns at one instant: all that left."""
        self.sent = [sent for _ in range(n) for sent in self.turn()]
        return self.sent

    def settle(self, wait_ns: int = 0) -> list[tuple[MId, w.Message]]:
        """Time passes, then turns until nothing is runnable here: all that left."""
        left = self.turn(wait_ns)
        while self.machine.wants_load or self.machine.may_run:
            left += self.turn()
        self.sent = left
        return self.sent

    def heard(self, kind: type[T], to: MId = COORDINATOR) -> list[T]:
        """What left last, of one kind."""
        return [message for who, message in self.sent if who == to and isinstance(message, kind)]

    def join(self, program: ProgramId | None = A) -> None:
        """Be welcomed, and hear of a program."""
        self.take(WELCOME._replace(m=self.me))
        if program is not None:
            self.take(w.LoadProgram(program, SOURCE, OPTIONS, 0, 1))
        self.send()

    def lease(self, epoch: Epoch = EPOCH, hungry: bool = False) -> None:
        self.take(w.LeaseP(P0, epoch, 0, 0, 2, hungry))

    def work(self, *records: w.Record, epoch: Epoch = EPOCH) -> None:
        self.take(w.Work(P0, epoch, records))

    def begin(self, program: ProgramId = A) -> None:
        """Join, get a lease and main, and run until nothing is runnable."""
        self.join(program)
        self.lease()
        self.work(w.Record(program, 1, b""))
        self.settle()

    def hosted(self, program: ProgramId = A) -> Hosted:
        return self.machine.programs[program]

    def gs(self, program: ProgramId = A) -> list[G]:
        return list(self.hosted(program).kernel.gs.values())

    def module(self, program: ProgramId = A) -> ModuleType:
        return sys.modules[self._module(program)]

    def _module(self, program: ProgramId) -> str:
        return f"{MAIN_PREFIX}{program}_{self.me}__"

    def log(self, program: ProgramId = A) -> list[object]:
        """What the program wrote into its own list."""
        log: list[object] = self.module(program).log
        return log

    def record(self, name: str, *args: object, goid: int = 50) -> w.Record:
        """A goroutine of program A that has not started, as another M would send it."""
        pickling = self.hosted().pickling
        assert pickling is not None
        return w.Record(A, goid, pickling.dumps((getattr(self.module(), name), args, ())))

    def now(self) -> Instant:
        return self.clock.now()
