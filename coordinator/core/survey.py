"""Rounds of questions to all Ms: what have you got? For the deadlock check and for schedtrace.

Deadlock.   A program is dead when nothing of it is active on any M or in the coordinator, and as
            many of its messages were received as were sent, in two rounds with the same counts.
            One round does not do: an M may answer, then receive a message of an M that has not
            answered yet, and both look idle while something was under way (Mattern's four
            counters, 1987). A timer, a system call or an M that still loads the program is active.
Order.      One round at a time. A question asked during a round waits for the next: the answers of
            the current one may be older than the question.
Unlike Go.  Go's checkdead counts its Ms under a lock, at every stop of one.
Sources.    Go 1.19 runtime/proc.go: checkdead; schedtrace.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from cluster.model.clock import Instant
from cluster.model.ids import MId, ProgramId
from cluster.wire.messages import Census, Surveyed
from coordinator.core.membership import PeerId

Count = tuple[MId, int, ProgramId]  # the M that asks, its ticket, and whose goroutines shall be counted


@dataclass(slots=True)
class Round:
    """A round in progress."""

    id: int
    detail: bool
    deadlock: bool
    traces: list[ProgramId]
    clients: list[PeerId]
    began_at: Instant
    awaiting: dict[MId, None]
    answers: dict[MId, Surveyed] = field(default_factory=dict)
    counts: list[Count] = field(default_factory=list)


@dataclass(slots=True)
class Surveys:
    """What is asked, and what is to be asked next."""

    round: Round | None = None
    rounds: int = 0
    want_deadlock: bool = False
    want_traces: list[ProgramId] = field(default_factory=list)
    want_status: list[PeerId] = field(default_factory=list)  # clients that asked for the state of the cluster
    want_counts: list[Count] = field(default_factory=list)
    retry_at: Instant | None = None  # when to ask again, because messages were under way

    @property
    def wanted(self) -> bool:
        """Whether a new round should begin."""
        return self.round is None and bool(
            self.want_deadlock or self.want_traces or self.want_status or self.want_counts
        )

    def ask_status(self, client: PeerId) -> None:
        """A client wants to know the state of the cluster; who asks again before he is told is told once."""
        if client not in self.want_status:
            self.want_status.append(client)

    def begin(self, ms: list[MId], detail: bool, now: Instant) -> Round:
        """Start a round that answers all that was asked so far."""
        self.rounds += 1
        awaiting = dict.fromkeys(ms)
        self.round = Round(self.rounds, detail, self.want_deadlock, self.want_traces, self.want_status, now, awaiting)
        self.round.counts = self.want_counts
        self.want_deadlock, self.want_traces, self.want_status, self.want_counts = False, [], [], []
        return self.round

    def answer(self, m: MId, surveyed: Surveyed) -> Round | None:
        """Take an answer; the round, when it was the last one missing."""
        current = self.round
        if current is None or surveyed.round != current.id or m not in current.awaiting:
            return None
        current.answers[m] = surveyed
        del current.awaiting[m]
        return self._finished()

    def await_only(self, alive: Collection[MId]) -> Round | None:
        """Expect no answer of an M that is gone; the round, when only such answers were missing."""
        current = self.round
        if current is None or all(m in alive for m in current.awaiting):
            return None
        current.awaiting = {m: None for m in current.awaiting if m in alive}
        return self._finished()

    def _finished(self) -> Round | None:
        current = self.round
        if current is None or current.awaiting:
            return None
        self.round = None
        return current


def stacks(answers: dict[MId, Surveyed], program: ProgramId) -> tuple[int, int]:
    """(bytes of all stacks, bytes of the largest) of a program over all Ms of a round."""
    mine = _of(answers, program)
    return sum(census.stacks for census in mine), max((census.largest for census in mine), default=0)


def totals(answers: dict[MId, Surveyed], program: ProgramId) -> tuple[int, int, int, int]:
    """(goroutines, active, sent, received) of a program over all Ms of a round."""
    mine = _of(answers, program)
    return (
        sum(census.goroutines for census in mine),
        sum(census.active for census in mine),
        sum(census.sent for census in mine),
        sum(census.received for census in mine),
    )


def _of(answers: dict[MId, Surveyed], program: ProgramId) -> list[Census]:
    return [census for answer in answers.values() for census in answer.programs if census.program == program]
