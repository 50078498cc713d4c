"""A coordinator's core with a clock of the test's own, and what it says to whom."""

from typing import Final, TypeVar

from cluster.model.ids import Epoch, PId, ProgramId
from cluster.wire import messages as w
from coordinator.core.membership import M, PeerId
from coordinator.core.state import Command, Log, Send, State
from coordinator.core.step import Core
from tests.fakes import FakeClock

PYTHON: Final = "3.x"
SOURCE: Final = w.Source("/p.py", "", (), (), "", "")
OPTIONS: Final = w.Options(False, False, True)
LOAD: Final = w.Load(runnable=0, stealable=0, ring=0, globrunq=0, goroutines=0, tick=0)

T = TypeVar("T")


class Office:
    """Ms are called w0, w1 …; whatever else speaks is a client or a nursery."""

    def __init__(self, procs: int = 2, ms: int = 0) -> None:
        self.clock = FakeClock()
        self.core = Core(procs, 99, PYTHON, self.clock.now())
        self.logs: list[Log] = []
        self.said: list[tuple[str, w.Message]] = []  # by the core, in the last step
        for i in range(ms):
            self.say(f"w{i}", w.RegisterM(100 + i, PYTHON, f"at w{i}"))

    @property
    def state(self) -> State:
        return self.core.state

    def say(self, peer: str, *messages: w.ToCoordinator) -> None:
        """One step: these messages of one peer."""
        self.perform(self.core.step([(PeerId(peer.encode()), m) for m in messages], self.clock.now()))

    def wait(self, duration_ns: int) -> None:
        """Time passes, and one step is made."""
        self.clock.advance(duration_ns)
        self.perform(self.core.step([], self.clock.now()))

    def perform(self, commands: list[Command]) -> None:
        self.said = []
        for command in commands:
            if isinstance(command, Log):
                self.logs.append(command)
            elif isinstance(command, Send):
                self.said.append((command.peer.decode(), command.message))
        self.state.validate()

    def heard(self, peer: str, kind: type[T]) -> list[T]:
        """What a peer was told in the last step, of one kind."""
        return [message for to, message in self.said if to == peer and isinstance(message, kind)]

    def start(self, client: str = "client", *, godebug: str = "", explain: bool = False) -> ProgramId:
        """A program starts; its id."""
        source, options = SOURCE._replace(godebug=godebug), OPTIONS._replace(explain=explain)
        self.say(client, w.StartProgram("p", source, options, b"main"))
        return ProgramId(self.state.next_program - 1)

    def m(self, index: int) -> M:
        """The M called w`index`."""
        return self.state.members.by_peer[PeerId(b"w%d" % index)]

    def lease(self, index: int) -> tuple[PId, Epoch]:
        """What w`index` holds."""
        m = self.m(index)
        assert m.p is not None
        return m.p, self.state.table.ps[m.p].epoch

    def find_work(self, index: int) -> None:
        self.say(f"w{index}", w.FindWork(*self.lease(index), LOAD))

    def release(self, index: int, wants: bool = False) -> None:
        self.say(f"w{index}", w.ReleaseP(*self.lease(index), LOAD, wants))

    def give(self, index: int, *records: w.Record) -> None:
        self.say(f"w{index}", w.Give(*self.lease(index), records))

    def took(self, index: int, program: ProgramId, *goids: int) -> None:
        """w`index` says that these are its own."""
        self.say(f"w{index}", w.Took(program, goids))

    def want(self, index: int) -> None:
        self.say(f"w{index}", w.AcquireP(LOAD))

    def main_returns(self, index: int, program: ProgramId) -> None:
        self.say(f"w{index}", w.MainReturned(*self.lease(index), program, b"value"))

    def drop(self, program: ProgramId, *indices: int) -> None:
        """These Ms have dropped a program."""
        for index in indices:
            self.say(f"w{index}", w.Dropped(program))

    def answer_survey(self, *answers: tuple[int, int, int, int]) -> None:
        """All Ms answer the survey of the last step: (goroutines, active, sent, received) of program 1."""
        rounds = [self.heard(f"w{i}", w.Survey)[0].round for i in range(len(answers))]
        for i, (id, answer) in enumerate(zip(rounds, answers, strict=True)):
            self.say(f"w{i}", w.Surveyed(id, (w.Census(ProgramId(1), *answer, 0, 0),), LOAD, ()))


def records(program: ProgramId, *goids: int) -> tuple[w.Record, ...]:
    """Goroutines that have not started."""
    return tuple(w.Record(program, goid, b"") for goid in goids)
