"""The ends of programs that this M knows, on their way to the coordinator.

Invariants. An end is told under a lease, as all that has an effect; until there is one it waits.
Order.      `judge` finds out what an event means, which may run code of the program: the text of a panic, the
            pickling of what main returned. So it is called outside of the shell's lock. `conclude` then
            ends the program here and tells, under the lock: a second thread may be giving its goroutines away.
Sources.    Go 1.19 runtime/proc.go: main; runtime/panic.go: fatalpanic.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from cluster.kernel.events import Event, Panicked
from cluster.kernel.sched import Sched, program_of
from cluster.model.errors import CannotShipError
from cluster.model.ids import ProgramId
from cluster.model.lease import Lease
from cluster.wire.messages import Dumped, MainFailed, MainReturned
from worker.core import census, endings
from worker.core.outbox import COORDINATOR, Outbox
from worker.core.programs import Hosted


class Verdict(NamedTuple):
    """How a program ends: by a failure, or with the value that main returned, pickled."""

    hosted: Hosted
    failure: endings.Failure | None
    value: bytes = b""
    remains: Dumped | None = None  # its goroutines, when a fatal error ended it


class Verdicts:
    """Ends that were seen and not told. `close` prints and traces the last of a program."""

    def __init__(
        self, outbox: Outbox, programs: Mapping[ProgramId, Hosted], sched: Sched, close: Callable[[Hosted], None]
    ) -> None:
        self._outbox: Final = outbox
        self._programs: Final = programs
        self._sched: Final = sched
        self._close: Final = close
        self._judged: list[Verdict] = []
        self._seen = 0  # events that were judged
        self._untold: list[Verdict] = []

    @property
    def pending(self) -> bool:
        """Whether there is an end to be told."""
        return bool(self._sched.events or self._judged or self._untold)

    def fail(self, hosted: Hosted, failure: endings.Failure) -> None:
        """The program cannot go on."""
        self._judged.append(Verdict(hosted, failure))

    def judge(self) -> None:
        """Find out what the kernel's events mean: a main goroutine has returned, or a goroutine panicked."""
        events = self._sched.events  # and there they stay until `conclude`, so that a survey counts them
        for event in events[self._seen :]:
            hosted = self._programs.get(program_of(event).id)
            if hosted is not None and not hosted.closed:
                self._judged.append(_verdict(hosted, event))
        self._seen = len(events)

    def conclude(self, lease: Lease | None) -> None:
        """End these programs here, and tell of it under the lease, or when there is one."""
        judged, self._judged = self._judged, []
        del self._sched.events[: self._seen]
        self._seen = 0
        for verdict in judged:
            hosted = verdict.hosted
            if hosted.closed:
                continue
            hosted.remains = verdict.remains
            self._close(hosted)
            hosted.inbox.clear()
            self._sched.drop(hosted.kernel)  # the rest follows when the coordinator says Drop
            self._untold.append(verdict)
        if lease is None:
            return
        untold, self._untold = self._untold, []
        for hosted, failure, value, _ in untold:
            if failure is None:
                self._outbox.post(COORDINATOR, MainReturned(lease.p, lease.epoch, hosted.id, value))
            else:
                self._outbox.post(COORDINATOR, MainFailed(lease.p, lease.epoch, hosted.id, *failure))


def _verdict(hosted: Hosted, event: Event) -> Verdict:
    if isinstance(event, Panicked):
        failure = endings.failure(event.g, event.error, event.where)
        fatal = failure.kind == "fatal"
        return Verdict(hosted, failure, remains=census.dumped(hosted, None, but=event.g) if fatal else None)
    assert hosted.pickling is not None, "its main has run"
    try:
        value = b"" if hosted.options.by_path else hosted.pickling.dumps(event.value, "what main returned")
    except CannotShipError as error:
        return Verdict(hosted, endings.Failure("load", 1, f"error: {error}\n"))
    return Verdict(hosted, None, value)
