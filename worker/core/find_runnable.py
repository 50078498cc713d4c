"""What an M does when its P has nothing to run.

States.     RUNNING: goroutines run. WATCHING: none is runnable; the M waits for a message for SPIN_NS
            if what gave it work the last time was a message of another M: two Ms in conversation
            need not tell the coordinator of every pause. Else it asks at once. SEARCHING: it has told
            the coordinator that it looks for work, and waits for some, P in hand, for SEARCH_NS.
            IDLE: it has given the P back and sleeps in the poll. WANTING: it has goroutines again,
            and waits for a P. BLOCKED: a goroutine is in a call, and the P was handed off; see incall.py.
Invariants. A lease is held in RUNNING, WATCHING and SEARCHING only.
Unlike Go.  Go's M looks into the other Ps' queues itself; ours asks the coordinator, which asks those
            that run. Go gives the P up before it sleeps; ours keeps it for SEARCH_NS, so that a
            message that comes soon costs no round trip; whoever needs the P is given it at once
            (`Retake`).
Sources.    Go 1.19 runtime/proc.go: findRunnable, stopm, wakep.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from cluster.model.clock import Instant, after
from cluster.model.limits import SEARCH_NS, SPIN_NS
from cluster.model.status import move


class State(Enum):
    IDLE = "idle"
    WANTING = "wanting"
    RUNNING = "running"
    WATCHING = "watching"
    SEARCHING = "searching"
    BLOCKED = "blocked"


class Event(Enum):
    HAS_WORK = "has work"
    NO_WORK = "has no work"
    PATIENCE_ENDS = "waits no longer"
    LEASE = "gets a lease"
    LEAVE_IDLE = "gives its lease back"
    LEAVE_WANTING = "gives its lease back, with work left"
    HAND_OFF = "hands its P off"
    RETURN = "comes back from its call"
    LOSE = "loses its lease"


MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.IDLE, Event.HAS_WORK): State.WANTING,
    (State.IDLE, Event.LEASE): State.RUNNING,
    (State.WANTING, Event.LEASE): State.RUNNING,
    (State.RUNNING, Event.NO_WORK): State.WATCHING,
    (State.WATCHING, Event.HAS_WORK): State.RUNNING,
    (State.WATCHING, Event.PATIENCE_ENDS): State.SEARCHING,
    (State.SEARCHING, Event.HAS_WORK): State.RUNNING,
    (State.SEARCHING, Event.LEAVE_IDLE): State.IDLE,
    (State.WATCHING, Event.LEAVE_IDLE): State.IDLE,
    (State.RUNNING, Event.LEAVE_IDLE): State.IDLE,
    (State.RUNNING, Event.LEAVE_WANTING): State.WANTING,
    (State.RUNNING, Event.HAND_OFF): State.BLOCKED,
    (State.BLOCKED, Event.RETURN): State.IDLE,
    (State.BLOCKED, Event.HAS_WORK): State.WANTING,
    **{(state, Event.LOSE): State.IDLE for state in State},
}


class FindRunnable:
    """Where this M stands, and until when it is patient there."""

    def __init__(self) -> None:
        self.state = State.IDLE
        self.in_conversation = False  # with another M, whose message gave us work the last time that we had none
        self._patient_until = Instant(0)

    def move(self, event: Event, now: Instant) -> None:
        """The one door; IllegalMoveError when there is no such move."""
        self.state = move(MOVES, self.state, event)
        if self.state is State.WATCHING:
            self._patient_until = after(now, SPIN_NS if self.in_conversation else 0)
        elif self.state is State.SEARCHING:
            self._patient_until = after(now, SEARCH_NS)

    @property
    def patient_until(self) -> Instant | None:
        """When patience ends; None in states without an end."""
        return self._patient_until if self.state in (State.WATCHING, State.SEARCHING) else None

    def impatient(self, now: Instant) -> bool:
        """Whether patience has ended."""
        until = self.patient_until
        return until is not None and now >= until
