"""Programs: one main goroutine and all that it started, from the start to the last line of output.

Life.       running → ending (its result is known, its Ms are told to drop it, their last output is
            awaited) → gone (its client was told). A program ends once: the first result stands.
Owner.      The coordinator. The goroutines themselves are on Ms; here are the counts that show
            whether any record is still under way.
Unlike Go.  A process of Go is one program. Several share a cluster here and never see each other.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cluster.model.clock import MILLISECOND, Instant
from cluster.model.ids import MId, ProgramId
from cluster.wire.messages import Ended, Options, Source, Withdraw
from coordinator.core.membership import PeerId


@dataclass(slots=True)
class DumpRound:
    """Ms are asked to describe the goroutines of a running program."""

    askers: list[tuple[MId, int, int]]  # the M, its ticket, and the goroutine that asks and is left out
    awaiting: dict[MId, None]
    viewers: list[PeerId]  # clients that asked
    began_at: Instant
    dumps: list[tuple[int, str]] = field(default_factory=list)


PLACES_MAX: Final = 4096  # goroutines of a program whose moves are kept, those that moved last
MOVES_MAX: Final = 8  # of each, the last ones


class Place(NamedTuple):
    """A goroutine came to an M."""

    m: MId
    at: Instant
    started: bool  # it had run before


@dataclass(slots=True)
class Program:
    """A running or ending program, and what its client asked for."""

    id: ProgramId
    client: PeerId
    name: str
    source: Source
    options: Options
    started_at: Instant
    stripes: int  # how many Ms share the low goroutine ids
    next_stripe: int = 0
    stripe_of: dict[int, MId] = field(default_factory=dict)  # who has which stripe of goroutine ids
    places: dict[int, tuple[Place, ...]] = field(default_factory=dict)  # where goroutines came, by goid; see why.py
    sent: int = 0  # records that the coordinator has sent to Ms
    received: int = 0  # and got from them
    deaths: int = 0  # of Ms with goroutines of it on their way there
    result: Ended | None = None
    dropping: dict[MId, None] = field(default_factory=dict)  # Ms that have not said Dropped yet
    drop_deadline: Instant = Instant(0)
    dumping: dict[MId, None] = field(default_factory=dict)  # Ms that have not said Dumped yet
    dump_deadline: Instant = Instant(0)
    fatal: str = ""  # the fatal error that ended it, and where; "" for a deadlock
    dumps: list[tuple[int, str]] = field(default_factory=list)
    dump_round: DumpRound | None = None
    dump_askers: list[tuple[MId, int, int]] = field(default_factory=list)  # for the next round
    dump_viewers: list[PeerId] = field(default_factory=list)  # for the next round, too
    quiet: tuple[int, int] | None = None  # counts of the last survey that found nothing active
    holder: dict[int, MId] = field(default_factory=dict)  # of a pool: who has which carrier or task, see pools.py
    withdrawn: dict[int, Withdraw] = field(default_factory=dict)  # of a pool: tasks that have not ended since
    to_end: dict[MId, Instant] = field(default_factory=dict)  # Ms told to end a task or themselves, since when
    entangled: bool = False  # goroutines of different Ms may know of each other
    crippled: bool = False  # an M died, and the program goes on: its counts do not agree any more
    stable: int = 0  # surveys of a crippled one that found it quiet, and nothing under way
    schedtrace_ns: int = 0  # period; 0 is off
    schedtrace_detail: bool = False
    schedtrace_due: Instant = Instant(0)

    @property
    def watched(self) -> bool:
        """Whether its client wants to hear of scheduler events."""
        return self.options.explain or self.options.trace


def came(program: Program, goid: int, place: Place) -> None:
    """Keep that a goroutine came to an M."""
    program.places[goid] = (*program.places.pop(goid, ()), place)[-MOVES_MAX:]
    if len(program.places) > PLACES_MAX:
        del program.places[next(iter(program.places))]


def godebug(setting: str) -> dict[str, int]:
    """`GODEBUG` as a mapping; what is no `name=number` is ignored, as Go does."""
    pairs = (item.partition("=") for item in setting.split(","))
    return {name: int(value) for name, _, value in pairs if value.isascii() and value.isdigit() and len(value) < 10}


def begin(program: Program) -> Program:
    """Read the program's GODEBUG."""
    debug = godebug(program.source.godebug)
    program.schedtrace_ns = debug.get("schedtrace", 0) * MILLISECOND
    program.schedtrace_detail = debug.get("scheddetail", 0) > 0
    program.schedtrace_due = program.started_at
    return program
