"""The programs that this M knows: where their code is, their goroutines, and what was counted.

Owner.      The M.
Invariants. A program is loaded (its main file imported) once, on first need, or while the M is idle.
            `sent` and `received` count goroutine records and operations between this M and others;
            over all processes the sums agree exactly when nothing is under way.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from cluster.kernel.g import G, HasFrames, Program
from cluster.kernel.runner import keep
from cluster.model.ids import MAIN_GOID, ProgramId
from cluster.wire.apart import Depot
from cluster.wire.messages import Dumped, LoadProgram, Options, Record, Source
from cluster.wire.moving import Packed, void
from cluster.wire.pickling import Objects, Pickling
from cluster.wire.sharing import Sharing
from worker.core.lines import Lines
from worker.core.outbox import Outbox


class Loader(Protocol):
    """The hands that import a program's main file."""

    def load(self, program: ProgramId, source: Source, by_path: bool, alone: bool) -> str:
        """Import it; the name of the module. Raises LoadError with a text for the user."""
        ...

    def forget(self, program: ProgramId) -> None:
        """The program is over."""
        ...

    def depot(self, name: str) -> Depot | None:
        """Where large arguments and results of a pool lie; None when it cannot be reached from here."""
        ...


class LoadError(Exception):
    """The main file cannot be imported, or has no main. The text is for the user."""


class Departed(NamedTuple):
    """A goroutine that was given away, as it was."""

    g: G
    stack: HasFrames | None
    packed: Packed


def empty(departed: Departed) -> None:
    """Let go of all that it refers to; none of its frames goes on, but what nobody else refers to is finalized.

    For the main thread: finalizers are code of the program.
    """
    try:
        void(departed.packed)
    except RuntimeError:  # somebody has resumed a generator of its, which is his then
        keep(departed)


class Hosted:
    """One program on this M."""

    def __init__(self, message: LoadProgram) -> None:
        self.id: Final = message.program
        self.source: Final[Source] = message.source
        self.options: Final[Options] = message.options
        self.kernel: Final = Program(message.program, message.stripe, message.stripes)
        self.pickling: Pickling | None = None  # None until it is loaded
        self.module = ""
        self.failure = ""  # why it could not be loaded
        self.inbox: deque[Record] = deque()  # came, and not yet queued
        settings = message.source.godebug.split(",")
        self.preemptible: Final = "asyncpreemptoff=1" not in settings
        self.kernel.mobile = "moveoff=1" not in settings
        self.sharing: Final = Sharing() if "sharecheck=1" in settings else None
        self.outbox: Outbox | None = None  # of this M; None until a goroutine has come
        self.printed_early: list[tuple[int, bytes]] = []  # by the main file, when this M was not known to run main
        self.departed: dict[int, Departed] = {}  # by goid: given away, and perhaps taken by nobody
        self.sent = 0
        self.received = 0
        self.away = 0  # goroutines that left, less those that came
        self.lines: Final = {stream: Lines() for stream in (1, 2)}  # printed, and held back
        self.remains: Dumped | None = None  # its goroutines, when a fatal error ended it
        self.closed = False  # nothing that it prints leaves any more

    def forget(self, goids: Iterable[int]) -> None:
        """Nobody needs the originals of these any more: empty them, so that none of their code runs."""
        for departed in self.let_go(goids):
            empty(departed)

    def let_go(self, goids: Iterable[int]) -> list[Departed]:
        """The originals of these, which nothing here will go on with any more; to be emptied. From any thread."""
        found = [self.departed.pop(goid, None) for goid in goids]
        return [departed for departed in found if departed is not None]

    @property
    def unloaded(self) -> bool:
        """Whether its main file has yet to be imported here."""
        return self.pickling is None and not self.failure and not self.closed

    @property
    def watched(self) -> bool:
        """Whether its client wants to see what its goroutines do."""
        return self.options.trace or self.options.explain

    def take(self, record: Record, outbox: Outbox) -> None:
        """A goroutine came. With main comes what the main file printed when it was imported ahead of it."""
        self.received += 1
        self.outbox = outbox
        self.inbox.append(record)
        if record.goid == MAIN_GOID and not record.started:
            for stream, data in self.printed_early:
                outbox.output(self.id, stream, data)
            self.printed_early.clear()

    def warn(self, text: str) -> None:
        """Whole lines of ours for the program's stderr. From any thread."""
        if self.outbox is not None and not self.closed:
            self.outbox.output(self.id, 2, text.encode("utf-8", "surrogateescape"))

    @property
    def runs_main(self) -> bool:
        """Whether its main goroutine is about to start here."""
        return any(record.goid == MAIN_GOID and not record.started for record in self.inbox)

    def load(self, loader: Loader, objects: Objects, alone: bool) -> Pickling | None:
        """Import the main file unless that was done; None when it cannot be, see `failure`."""
        if self.pickling is None and not self.failure:
            try:
                self.module = loader.load(self.id, self.source, self.options.by_path, alone)
            except LoadError as error:
                self.failure = str(error)
            else:
                self.pickling = Pickling(self.module, objects, main_by_value=False)
                self.pickling.depot = loader.depot(self.options.depot) if self.options.depot else None
                self.kernel.race = self.pickling.copy if self.options.race else None
        return self.pickling
