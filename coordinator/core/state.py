"""All that the coordinator knows, in one place, and the commands of the step in progress.

Owner.      `Core.step`, for the length of a call. The functions of this package take it as their first
            argument and change it; nobody else sees it.
Invariants. Those of the parts, and that Ms and Ps agree on who holds what. `validate` checks them
            all; the tests call it after every step.
Order.      Commands leave in the order in which they were decided: what is said to one peer
            arrives in that order, and later words build on earlier ones (a program, a lease, work).
Rejected.   Messages sent from where they are decided, through a callback: a step that fails half way
            would have told half of it.
Unlike Go.  Go's `sched` is a global under a lock; this is a value, so that a test may have two.
Sources.    Go 1.19 runtime/runtime2.go: schedt.
"""

from dataclasses import dataclass, field
from typing import Final

from cluster.model.clock import Instant
from cluster.model.ids import MId, ProgramId
from cluster.model.lease import ONE_MACHINE, Periods
from cluster.model.limits import MS_MAX
from cluster.wire.inquiry import Found, ObjAt
from cluster.wire.messages import Message, Step, Told, Traced
from coordinator.core.globrunq import GlobRunq
from coordinator.core.membership import M, Membership, PeerId
from coordinator.core.programs import Program
from coordinator.core.ptable import PTable
from coordinator.core.survey import Surveys

BOOT_STEPS_MAX: Final = 256  # of the steps that are told to every program that asks for the story


@dataclass(frozen=True, slots=True)
class Send:
    """A command to the shell: `message` to `peer`."""

    peer: PeerId
    message: Message


@dataclass(frozen=True, slots=True)
class Log:
    """A command to the shell: warn the operator. `phrase` is fixed; `fields` are (name, value)."""

    phrase: str
    fields: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Forget:
    """A command to the shell: nothing more is said to `peer`, nor need what it has not taken be kept."""

    peer: PeerId


Command = Send | Log | Forget


@dataclass(slots=True)
class Resize:
    """Goroutine of `m` wants `procs` Ps; see queries.py."""

    m: MId
    ticket: int
    procs: int
    told: dict[MId, None] = field(default_factory=dict)  # who was asked for its P


@dataclass(slots=True)
class WhyRound:
    """A question of `cluster why` that is being answered; see why.py."""

    client: PeerId
    program: ProgramId
    goid: int
    awaiting: dict[MId, None]
    began_at: Instant  # the round in progress
    silent: dict[MId, None] = field(default_factory=dict)  # have not answered in time
    holder: MId | None = None  # who has the goroutine
    found: Found | None = None  # what that knows of it
    objs: list[ObjAt] = field(default_factory=list)
    tries: int = 0  # rounds for the goroutine
    asked_objects: bool = False  # the last round


@dataclass(slots=True)
class Tally:
    """What has happened so far; see `Counts`."""

    steals: int = 0
    stolen: int = 0
    handoffs: int = 0
    messages: int = 0  # from and to Ms


@dataclass(slots=True)
class State:
    """The coordinator's knowledge. `out` is what the step in progress has decided so far."""

    table: PTable
    pid: int
    now: Instant
    members: Membership = field(default_factory=Membership)
    programs: dict[ProgramId, Program] = field(default_factory=dict)
    globrunq: GlobRunq = field(default_factory=GlobRunq)
    surveys: Surveys = field(default_factory=Surveys)
    clients: dict[PeerId, Instant] = field(default_factory=dict)  # heard at
    boot_steps: list[Step] = field(default_factory=list)
    out: list[Command] = field(default_factory=list)
    outputs: dict[PeerId, int] = field(default_factory=dict)  # Output and Took messages ever taken from each M
    acknowledge: dict[PeerId, None] = field(default_factory=dict)  # Ms to tell so at the end of the step
    full: dict[PeerId, None] = field(default_factory=dict)  # clients that do not read what they are sent
    slowed: dict[PeerId, dict[PeerId, None]] = field(default_factory=dict)  # Ms that print for such clients: for whom
    resizes: list[Resize] = field(default_factory=list)  # the first one is stopping the world
    whys: dict[int, WhyRound] = field(default_factory=dict)  # by ticket
    next_why: int = 0
    max_threads: int = MS_MAX
    idle_exit_ns: int | None = None  # an M that was asked for and has been idle so long ends; None: it stays, as in Go
    periods: Periods = ONE_MACHINE  # of the leases
    bad_frames: int = 0  # that processes other than Ms have dropped, this one included
    cut_off: int = 0  # peers of this process, for bad frames
    turned_away: int = 0  # visitors with an unknown key
    next_program: int = 1
    tally: Tally = field(default_factory=Tally)
    stopping: bool = False

    def send(self, peer: PeerId, message: Message) -> None:
        """Send when the step ends, in this order."""
        self.out.append(Send(peer, message))

    def tell(self, m: M, message: Message) -> None:
        """Send to an M."""
        self.tally.messages += 1
        self.out.append(Send(m.peer, message))

    def owe(self, m: M) -> None:
        """A no-wait message of `m` has taken effect: it is told so at the end of the step."""
        self.outputs[m.peer] = self.outputs.get(m.peer, 0) + 1
        self.acknowledge[m.peer] = None

    def acknowledged(self) -> None:
        """Tell Ms what has taken effect; but who prints for a client that does not read waits, and so prints less."""
        for peer in list(self.acknowledge):
            if any(client in self.full for client in self.slowed.get(peer, ())):
                continue
            self.slowed.pop(peer, None)
            del self.acknowledge[peer]
            self.send(peer, Told(self.outputs[peer]))

    def warn(self, phrase: str, **fields: object) -> None:
        """Tell the operator that something went wrong with which we cope."""
        self.out.append(Log(phrase, tuple(fields.items())))

    def step(
        self, kind: str, *, m: int = -1, p: int = -1, goid: int = -1, detail: str = "", program: Program | None = None
    ) -> None:
        """A scheduler event, for the watchers of `program`, or of all programs; boot steps are kept."""
        step = Step(kind, self.now, m, p, goid, detail)
        if program is None and len(self.boot_steps) < BOOT_STEPS_MAX and not self.programs:
            self.boot_steps.append(step)
        for watching in self.programs.values() if program is None else (program,):
            if watching.watched:
                self.send(watching.client, Traced(watching.id, (), (step,)))

    def validate(self) -> None:
        """Raises AssertionError when an invariant of any part does not hold."""
        self.table.validate()
        self.members.validate()
        for m in self.members.ms.values():
            if m.p is not None:
                assert self.table.ps[m.p].holder == m.id, f"M {m.id} thinks it holds P {m.p}"
        for p in self.table.ps:
            assert p.holder is None or self.members.ms[p.holder].p == p.id, f"P {p.id} thinks M {p.holder} holds it"
