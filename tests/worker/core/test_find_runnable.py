"""What an M does without work: every pair of the table, and how long it is patient."""

import pytest

from cluster.model.clock import Instant
from cluster.model.errors import IllegalMoveError
from cluster.model.limits import SEARCH_NS, SPIN_NS
from worker.core.find_runnable import MOVES, Event, FindRunnable, State

T = Instant(1000)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_is_a_move_of_the_table_or_refused(state: State, event: Event) -> None:
    find = FindRunnable()
    find.state = state
    if (state, event) in MOVES:
        find.move(event, T)
        assert find.state is MOVES[state, event]
    else:
        with pytest.raises(IllegalMoveError):
            find.move(event, T)
        assert find.state is state


def test_an_m_that_is_in_no_conversation_asks_for_work_at_once() -> None:
    find = FindRunnable()
    find.move(Event.LEASE, T)
    find.move(Event.NO_WORK, T)
    assert find.impatient(T)


def test_an_m_in_conversation_watches_then_searches_then_sleeps() -> None:
    find = FindRunnable()
    find.in_conversation = True
    assert find.patient_until is None and not find.impatient(T)
    find.move(Event.LEASE, T)
    assert find.patient_until is None
    find.move(Event.NO_WORK, T)
    assert find.state is State.WATCHING and find.patient_until == T + SPIN_NS
    assert not find.impatient(Instant(T + SPIN_NS - 1)) and find.impatient(Instant(T + SPIN_NS))
    find.move(Event.PATIENCE_ENDS, Instant(T + SPIN_NS))
    assert find.state is State.SEARCHING and find.patient_until == T + SPIN_NS + SEARCH_NS
    find.move(Event.LEAVE_IDLE, T)
    assert find.state is State.IDLE and find.patient_until is None


def test_every_state_but_the_first_can_be_reached() -> None:
    assert set(MOVES.values()) == set(State)
