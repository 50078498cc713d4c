"""The protocol: typed, named by intent, one union per direction. Parts: parts.py; more of it: pooling.py, inquiry.py.

A message is a named tuple: what the codec packs is the tuple itself, so a message costs no conversion. Messages carry
durations, never instants, except in trace events, whose clock is one machine's. All talk about a P quotes its epoch.
Goroutine records and values are opaque bytes to everybody but the M that runs or receives them. A nursery is the parent
process of Ms: it starts them and sees them die.
"""

from typing import NamedTuple  # noqa: I001  # it would give each part a line

from cluster.model.ids import Epoch, MId, PId, ProgramId
from cluster.wire.inquiry import AskWhy, Inquire, Inquired, Why
from cluster.wire.parts import (
    Census, Counts, GRow, Load, MRow, Numbered, Options, Peer, ProgramRow, PRow, Record, Source, Span, Step,
)  # fmt: skip
from cluster.wire.pooling import Results, Submit, TasksLost, Withdraw

# What messages are made of, and those of other files, are had from here, too.
__all__ = [
    "Numbered", "Record", "Peer", "Source", "Options", "Load", "Census", "Counts", "GRow", "Span", "Step", "PRow",
    "MRow", "ProgramRow", "Submit", "Withdraw", "Results", "TasksLost", "AskWhy", "Inquire", "Inquired", "Why",
]  # fmt: skip


# -- M → coordinator
class RegisterM(NamedTuple):
    """I am a new M. Every M of a cluster runs one version of Python, because goroutines cross them."""

    pid: int
    python: str
    endpoint: str
    immobile: str = ""  # why started goroutines cannot leave me, nor come to me
    unpreempted: str = ""  # why goroutines keep me until they await
    key: str = ""  # the public key that I have made for myself, when links have keys


class AcquireP(NamedTuple):
    """I have goroutines to run and no P."""

    load: Load


class FindWork(NamedTuple):
    """My P has nothing left to run. Send me work; I watch for it until I release the P."""

    p: PId
    epoch: Epoch
    load: Load


class FoundWork(NamedTuple):
    """I was looking for work, and some became runnable here."""

    p: PId
    epoch: Epoch
    load: Load


class ReleaseP(NamedTuple):
    """I give my P back. With `wants` I have goroutines left and stand in line for the next P. `records` go with it.

    `blocked`: you told me to hand it off; my goroutine is still in its call, and until I say more I can run nothing.
    """

    p: PId
    epoch: Epoch
    load: Load
    wants: bool
    records: tuple[Record, ...] = ()
    blocked: bool = False


class Blocked(NamedTuple):
    """My goroutine is in a call that blocks, and keeps this P from all others: let who can use it have it."""

    p: PId
    epoch: Epoch
    load: Load


class Returned(NamedTuple):
    """The call is over. I still hold `p`; or it is -1, and I have nothing to run."""

    p: PId
    epoch: Epoch


class Inject(NamedTuple):
    """Goroutines that became runnable here while I hold no P, and can run nothing: for the global queue."""

    records: tuple[Record, ...]


class Pull(NamedTuple):
    """61 slices have passed: let me take from the coordinator's share of the global queue."""

    p: PId
    epoch: Epoch


class Renew(NamedTuple):
    """I am alive. `p` is -1 when I hold none. Answered by Renewed with the same `nonce`."""

    nonce: int
    p: PId
    epoch: Epoch
    load: Load


class Give(NamedTuple):
    """Goroutines of mine for whoever is hungry: stolen from me, or offered."""

    p: PId
    epoch: Epoch
    records: tuple[Record, ...]


class Took(NamedTuple):
    """These goroutines of the program, which you sent me, are mine now. Acknowledged by Told, as Output is."""

    program: ProgramId
    goids: tuple[int, ...]


class Unfit(NamedTuple):
    """I cannot run this goroutine, and say why in it: let its giver have it back."""

    record: Record


class Output(NamedTuple):
    """What goroutines printed: whole lines, unless the program ended in the middle of one."""

    program: ProgramId
    stream: int  # 1 stdout, 2 stderr
    data: bytes


class Told(NamedTuple):
    """Coordinator or M → M. The first `taken` Output, Took or Tell messages of yours have taken effect."""

    taken: int


class MainReturned(NamedTuple):
    """The main goroutine returned `value`, pickled."""

    p: PId
    epoch: Epoch
    program: ProgramId
    value: bytes


class MainFailed(NamedTuple):
    """The program is over by a panic (code 2), a fatal error (2), a failure to start (1) or `exit(code)`."""

    p: PId
    epoch: Epoch
    program: ProgramId
    kind: str  # "panic", "fatal", "load", "exit"
    code: int
    text: str


class Surveyed(NamedTuple):
    """Answer to Survey."""

    round: int
    programs: tuple[Census, ...]
    load: Load
    rows: tuple[GRow, ...]


class Dumped(NamedTuple):
    """Answer to Dump: this M's goroutines of the program, each with its id, for one text in order."""

    program: ProgramId
    goids: tuple[int, ...]
    texts: tuple[str, ...]


class Dropped(NamedTuple):
    """Answer to Drop: nothing of the program will run here or print from here any more."""

    program: ProgramId


class Query(NamedTuple):
    """A goroutine of mine asks about all of its program, and I wait. `what`: an About."""

    program: ProgramId
    ticket: int
    what: int
    number: int


class Traced(NamedTuple):
    """Spans and steps of a traced program, oldest first."""

    program: ProgramId
    spans: tuple[Span, ...]
    steps: tuple[Step, ...]


# -- coordinator → M
class Welcome(NamedTuple):
    """You are M `m`. Periods of your leases, and of your renewals when you hold none."""

    m: MId
    renew_ns: int
    give_up_ns: int
    procs: int


class Roster(NamedTuple):
    """All Ms that can be spoken to, and those that are gone since the last roster."""

    peers: tuple[Peer, ...]
    gone: tuple[MId, ...]


class LeaseP(NamedTuple):
    """P `p` is yours under `epoch`. Counted from when you sent `nonce`."""

    p: PId
    epoch: Epoch
    nonce: int
    tick: int
    procs: int
    hungry: bool


class Renewed(NamedTuple):
    """Answer to Renew `nonce`; `p` is the P that you hold, as I see it, or -1."""

    nonce: int
    p: PId
    epoch: Epoch
    hungry: bool
    backlog: bool


class Fenced(NamedTuple):
    """You spoke under a lease that is not in force: throw away what it gave you."""

    p: PId
    epoch: Epoch
    reason: str


class Work(NamedTuple):
    """Goroutines for your P: put them at the tail of its queue."""

    p: PId
    epoch: Epoch
    records: tuple[Record, ...]


class Back(NamedTuple):
    """A goroutine that you gave away, and that another M cannot run: it is yours again, whether you hold a P or not."""

    record: Record


class Gone(NamedTuple):
    """These started goroutines of the program, which you gave away, are another M's: you need not keep them."""

    program: ProgramId
    goids: tuple[int, ...]


class Hunger(NamedTuple):
    """Whether somebody wants work: answer once, with Give, as soon as you can; whether I have some myself."""

    hungry: bool
    backlog: bool


class Retake(NamedTuple):
    """Another M waits for a P and yours has had its slice: release it at your next safe point."""

    p: PId
    epoch: Epoch


class HandOff(NamedTuple):
    """Another M can take your P, if you are still blocked: release it, with all that can move."""

    p: PId
    epoch: Epoch


class LoadProgram(NamedTuple):
    """A program begins. `stripe` of `stripes` keeps your goroutine ids apart from other Ms'."""

    program: ProgramId
    source: Source
    options: Options
    stripe: int
    stripes: int


class Survey(NamedTuple):
    """Tell me your census, and with `detail` your goroutines."""

    round: int
    detail: bool


class Reply(NamedTuple):
    """Answer to Query `ticket`."""

    ticket: int
    number: int
    texts: tuple[str, ...]


class Dump(NamedTuple):
    """Describe every goroutine of the program. A client may ask that, too, and is answered by Dumped."""

    program: ProgramId


class Drop(NamedTuple):
    """The program is over: end its goroutines at once and run none of their code."""

    program: ProgramId


class Stop(NamedTuple):
    """The cluster ends: exit."""

    reason: str


# -- M → M
class Ask(NamedTuple):
    """Do `op` on your object `serial` for a goroutine of mine, which waits under `ticket`."""

    program: ProgramId
    serial: int
    op: int
    ticket: int
    arg: bytes


class Answer(NamedTuple):
    """The operation that you asked for under `ticket` is done. `outcome`: see worker/core/homes.py."""

    program: ProgramId
    ticket: int
    outcome: int
    val: bytes


class Tell(NamedTuple):
    """Do `op`, which never waits, on your object `serial`. Acknowledged by Told."""

    program: ProgramId
    serial: int
    op: int
    goid: int  # who does it: a panic that it causes is raised there
    arg: bytes


class TellFailed(NamedTuple):
    """A Tell of your goroutine `goid` panicked: raise that at its next await."""

    program: ProgramId
    goid: int
    error: bytes


# -- clients and nurseries ↔ coordinator
class StartProgram(NamedTuple):
    """Run a program. `name` is for people; `main` is pickled (function, arguments), or b"" with by_path."""

    name: str
    source: Source
    options: Options
    main: bytes


class BadFrame(NamedTuple):
    """Of anybody: I have dropped one more frame that was no message."""


class Alive(NamedTuple):
    """A client or a nursery is still there, and is answered in kind."""


class Interrupt(NamedTuple):
    """End this program, now: its user pressed Ctrl-C or has gone."""

    program: ProgramId


class AskStatus(NamedTuple):
    """What is the state of the cluster?"""


class StopCluster(NamedTuple):
    """End every program and every process of the cluster."""


class Accepted(NamedTuple):
    """Your program is number `program`."""

    program: ProgramId


class Refused(NamedTuple):
    """Your request cannot be done, and why."""

    reason: str


class Ended(NamedTuple):
    """The program is over, and all its output was sent before this."""

    program: ProgramId
    kind: str  # "returned", or MainFailed's kinds, or "lost", "interrupted"
    code: int
    text: str
    value: bytes


class Status(NamedTuple):
    """The state of the cluster at one instant of the coordinator."""

    pid: int
    procs: int
    globrunq: int
    ps: tuple[PRow, ...]
    ms: tuple[MRow, ...]
    programs: tuple[ProgramRow, ...]
    bad_frames: int  # dropped by the coordinator, by clients and by parents of Ms: frames that were no messages
    cut_off: int  # peers of the coordinator that sent too many of them
    turned_away: int  # visitors whose key opens nothing here
    counts: Counts


class RegisterNursery(NamedTuple):
    """I am the parent of the Ms `children`. With `grows` I can make more."""

    pid: int
    children: tuple[int, ...] = ()
    grows: bool = False


class NewM(NamedTuple):
    """Coordinator → nursery: make one more M."""


class EndM(NamedTuple):
    """Coordinator → nursery: end this M, which listens to nobody."""

    pid: int


class NoM(NamedTuple):
    """I cannot make an M now, and say why."""

    reason: str


class Forked(NamedTuple):
    """The M that you asked for is process `pid`; it will register."""

    pid: int


class MExited(NamedTuple):
    """My child `pid` is dead: of `signal`, or with exit code `code`."""

    pid: int
    code: int
    signal: int


class Vouch(NamedTuple):
    """These children of mine compute, though they may be silent: a C call may keep the GIL for long."""

    pids: tuple[int, ...]


FromM = (RegisterM | AcquireP | FindWork | FoundWork | ReleaseP | Blocked | Returned | Inject | Pull | Renew | Give
         | Took | Unfit | Output | MainReturned | MainFailed | Surveyed | Dumped | Dropped | Query
         | Traced | BadFrame | Results | Inquired)  # fmt: skip
ToM = (Welcome | Roster | LeaseP | Renewed | Fenced | Work | Back | Gone | Hunger | Retake | HandOff | LoadProgram
       | Survey | Dump | Drop | Stop | Told | Reply | Withdraw | Inquire)  # fmt: skip
BetweenMs = Ask | Answer | Tell | TellFailed | Told
FromClient = (StartProgram | Alive | Interrupt | AskStatus | Dump | StopCluster | BadFrame | Submit | Withdraw
              | AskWhy)  # fmt: skip
ToClient = Accepted | Refused | Output | Traced | Ended | Status | Dumped | Alive | Results | TasksLost | Why
FromNursery = RegisterNursery | Alive | MExited | Vouch | Forked | NoM | BadFrame
ToNursery = Stop | Alive | NewM | EndM
ToCoordinator = FromM | FromClient | FromNursery
FromCoordinator = ToM | ToClient | ToNursery
Message = ToCoordinator | FromCoordinator | BetweenMs | Numbered
