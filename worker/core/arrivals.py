"""Goroutines that come to this M.

Arrival.    What came is queued when its program is loaded here, and then said to be ours (Took): until
            then the coordinator keeps it, and gives it to another M should this one die. Nobody is told
            of anything that it has done here before the coordinator knows whose it is.
Order.      `read` makes the goroutines, which runs code of the program, imports included: outside of the shell's
            lock. `queue` then puts them where others can steal them, under the lock, after Took: else one
            that is given on at once could come home before its giver was told Gone, and its original,
            which is of before it left, would go on there. For the same reason Gone is never taken later than the
            Work that follows it, also beside the main thread, which may be about to read that.
Refusal.    A started one that cannot be read here goes back to where it came from, with the reason: there its
            original goes on, pinned until it has run.
Sources.    Go 1.19 runtime/proc.go: globrunqget, injectglist.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from cluster.kernel.g import G, refuse
from cluster.kernel.runner import keep
from cluster.kernel.sched import Sched
from cluster.model.ids import NO_M, MId, ProgramId
from cluster.wire import messages as w
from cluster.wire.pickling import Pickling
from cluster.wire.refusal import text_of
from worker.core import records
from worker.core.endings import Failure, unreadable
from worker.core.outbox import COORDINATOR, Outbox
from worker.core.programs import Departed, Hosted, empty

Arrival = tuple[w.Record, records.Queue | None]  # None: it is refused, and the record says why


class Arrivals:
    """What came and is not queued: in the inboxes of the programs, or read from there."""

    def __init__(
        self,
        outbox: Outbox,
        programs: Mapping[ProgramId, Hosted],
        sched: Sched,
        note: Callable[[G, str, str], None],
        arrived: Callable[[G], None],
    ) -> None:
        """`note` traces what happened to a goroutine; `arrived` hears of those that have begun elsewhere."""
        self.me: MId = NO_M
        self._outbox: Final = outbox
        self._programs: Final = programs
        self._sched: Final = sched
        self._note: Final = note
        self._arrived: Final = arrived
        self._made: list[tuple[Hosted, list[Arrival]]] = []
        self._let_go: deque[Departed] = deque()  # beside the main thread, and not emptied

    def take(self, came: tuple[w.Record, ...]) -> None:
        """These are for this M; their programs may not be loaded yet."""
        for record in came:
            hosted = self._programs.get(record.program)
            if hosted is not None and not hosted.closed:
                hosted.take(record, self._outbox)

    def gone(self, program: ProgramId, goids: tuple[int, ...], beside: bool) -> None:
        """Other Ms have these: should one come home, it is not its original that goes on.

        `beside` the main thread the originals are emptied later, by that; see `empty`.
        """
        hosted = self._programs.get(program)
        if hosted is None:
            return
        if beside:
            self._let_go.extend(hosted.let_go(goids))
        else:
            hosted.forget(goids)

    @property
    def waiting(self) -> bool:
        """Whether `read` has something to do."""
        return any(h.inbox and (h.failure or h.pickling is not None) for h in list(self._programs.values()))

    def read(self) -> list[tuple[Hosted, Failure]]:
        """Make the goroutines that came, of programs that are loaded; the programs that are over by that.

        Runs code of the program. Nothing changes here before `queue`.
        """
        failures = []
        for hosted in list(self._programs.values()):
            if hosted.inbox and hosted.failure:
                failures.append((hosted, Failure("load", 1, hosted.failure)))
            elif hosted.inbox and hosted.pickling is not None:
                arrivals: list[Arrival] = []
                self._made.append((hosted, arrivals))
                for record in list(hosted.inbox):
                    try:
                        arrivals.append(self._arrival(hosted, hosted.pickling, record))
                    except BaseException as error:  # noqa: BLE001  # its classes' code ran: SystemExit is no end
                        failures.append((hosted, unreadable(record.goid, error)))
                        break
        return failures

    def _arrival(self, hosted: Hosted, pickling: Pickling, record: w.Record) -> Arrival:
        try:
            return record, records.read(hosted, pickling, self._sched, record)
        except BaseException as error:  # as above
            if not record.started or record.giver in (NO_M, self.me):
                raise
            return record._replace(refused=f"M {self.me} cannot take it: {text_of(error)}"), None

    def queue(self) -> None:
        """Queue what was read; whose it is now is said before, for it may be given away at once.

        Until here it is in the inbox, so that a survey counts it.
        """
        while self._let_go:
            empty(self._let_go.popleft())
        made, self._made = self._made, []
        for hosted, arrivals in made:
            if hosted.closed:
                keep(arrivals)
                continue
            if taken := tuple(record.goid for record, queue in arrivals if queue is not None):
                self._outbox.post_nowait(COORDINATOR, w.Took(hosted.id, taken))
            for record, queue in arrivals:
                hosted.inbox.popleft()
                if queue is None:
                    hosted.sent += 1
                    self._outbox.post(COORDINATOR, w.Unfit(record))
                else:
                    self._queued(queue(), record)

    def _queued(self, g: G, record: w.Record) -> None:
        if record.refused:
            refuse(g, record.refused)
            self._note(g, "GoPin", record.refused)
        elif record.started:
            self._note(g, "GoMove", f"from M{record.giver}")
            self._arrived(g)
