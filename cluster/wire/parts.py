"""What messages are made of: records of goroutines, rows of tables, events. Typed as the messages are."""

from enum import IntEnum
from typing import NamedTuple

from cluster.model.ids import NO_M, Epoch, MId, PId, ProgramId


class Numbered(NamedTuple):
    """First in a frame: its number on this link, or that of the last one if it says nothing else. See links.py."""

    session: int
    number: int
    taken: int  # frames of yours that were taken here
    say: int  # 0 nothing; 1: what have you taken? 2: send what comes after `taken` again


class About(IntEnum):
    """What a Query asks."""

    COUNT = 1  # how many goroutines are there?
    OTHERS = 2  # describe all but number `number`
    PROCS = 3  # have `number` Ps; how many were there?


class Result(IntEnum):
    """How a task of a pool ended: what its value holds."""

    RETURNED = 0  # what it returned, pickled
    RAISED = 1  # (the exception, pickled, or b""; its text; its traceback), pickled
    WITHDRAWN = 2  # nothing: it was cancelled
    PLAIN = 4  # what it returned, which plain pickle can read
    UNREADY = 3  # as RAISED: the initializer of the pool raised it, and no task can run


class Record(NamedTuple):
    """A goroutine between two Ms. `body` is for the M that runs it."""

    program: ProgramId
    goid: int
    body: bytes
    started: bool = False  # its frames are in the body
    giver: MId = NO_M  # where it came from, and can go back to; NO_M for a client's
    refused: str = ""  # why an M cannot run it: it goes back to its giver


class Peer(NamedTuple):
    """Where an M listens for other Ms."""

    m: MId
    endpoint: str
    key: str = ""  # with which it proves to be that M; "" on one machine


class Source(NamedTuple):
    """Where a program's code is found on every M. `path` is empty when it has no file (a REPL)."""

    path: str  # absolute path of the main file
    module: str  # its name for `python -m`, or ""
    argv: tuple[str, ...]
    sys_path: tuple[str, ...]
    cwd: str
    godebug: str


class Options(NamedTuple):
    """How a program is run and watched."""

    explain: bool
    trace: bool
    by_path: bool  # the program is `main` of a file that the client itself has not run
    race: bool = False  # what its goroutines give each other is copied
    pool: bool = False  # it has no main: its goroutines run what its client submits, until that ends it
    initializer: bytes = b""  # of a pool: (function, arguments), pickled, to be called before the first task on an M
    depot: str = ""  # of a pool: where large arguments and results lie, see cluster/launch/premises.py


class Load(NamedTuple):
    """What an M has, as its latest message told. For stealing, status and schedtrace."""

    runnable: int  # on the M's queues, runnext included
    stealable: int  # of these, those that can move
    ring: int  # of these, those in the ring: what schedtrace prints
    globrunq: int  # of these, those in the M's share of the global queue
    goroutines: int  # not yet ended, whatever they do
    tick: int  # schedtick of the P
    timers: int = 0  # pending
    pinned: int = 0  # goroutines that are known to be unable to leave
    to_ms: int = 0  # messages sent to other Ms, since this one began


class Counts(NamedTuple):
    """What has happened since the cluster began. Those who measure take the difference of two statuses."""

    steals: int  # times that an M gave goroutines to those that look for some
    stolen: int  # goroutines that were given so
    handoffs: int  # Ps that left an M because its goroutine was in a call that blocks
    messages: int  # between the Ms and the coordinator, either way, and from M to M as the Ms that are there count them


class Census(NamedTuple):
    """One program on one M, for the deadlock check and for diagnostics."""

    program: ProgramId
    goroutines: int  # that began here, less those that ended here
    active: int  # runnable, running, sleeping, in a system call, or held back in the outbox
    sent: int  # goroutine records and operations sent to other processes, since the program began
    received: int
    stacks: int  # bytes of the stacks of the goroutines that are here
    largest: int  # of these, the largest


class GRow(NamedTuple):
    """One goroutine in a detailed schedtrace."""

    program: ProgramId
    goid: int
    status: int  # Go's number
    reason: str
    running: bool


class Span(NamedTuple):
    """Goroutine `goid` ran on M `m` with P `p` on a CPU core. Instants of CLOCK_MONOTONIC."""

    m: MId
    p: PId
    goid: int
    name: str
    core: int  # -1 when the system does not tell
    start_ns: int
    end_ns: int


class Step(NamedTuple):
    """A scheduler event in Go's words (`GoCreate`, `ProcStart` …). Absent ids are -1."""

    kind: str
    at_ns: int
    m: int
    p: int
    goid: int
    detail: str


class PRow(NamedTuple):
    """One P in a status."""

    p: PId
    status: str
    m: int  # -1: nobody
    epoch: Epoch
    runq: int
    tick: int


class MRow(NamedTuple):
    """One M in a status."""

    m: MId
    pid: int
    status: str
    p: int
    runnable: int
    goroutines: int
    silent_ns: int
    pinned: int  # of these, those that are known to be unable to leave
    immobile: str  # why no started goroutine can leave; "" when they can
    unpreempted: str  # why none is preempted; "" when they are
    bad_frames: int  # that it has dropped: they were no messages


class ProgramRow(NamedTuple):
    """One program in a status."""

    program: ProgramId
    name: str
    goroutines: int
    stacks: int  # bytes of the stacks of its goroutines, together
    largest: int  # of these, the largest
    age_ns: int
