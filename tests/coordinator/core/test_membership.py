"""Ms: who is idle, who wants, who is gone."""

import pytest

from cluster.model.clock import SECOND, Instant
from cluster.model.errors import IllegalMoveError
from cluster.model.ids import PId
from cluster.model.status import MEvent, MStatus
from cluster.wire.messages import Peer
from coordinator.core.membership import EXITS_MAX, GHOST_NS, M, Membership, PeerId


def joined(members: Membership, name: str) -> M:
    m = members.join(PeerId(name.encode()), 100, f"at {name}", Instant(0))
    members.validate()
    return m


def moved(members: Membership, m: M, *events: MEvent) -> None:
    for event in events:
        members.move(m, event)
        m.p = PId(m.id) if m.status in (MStatus.RUNNING, MStatus.SPINNING) else None
        members.validate()


def test_an_id_is_never_used_again() -> None:
    members = Membership()
    first = joined(members, "a")
    members.lose(first)
    assert joined(members, "a").id == first.id + 1
    assert first.status is MStatus.GONE and list(members.by_peer) == [b"a"]


def test_of_several_new_ms_the_first_is_used_first_and_then_whoever_was_idle_last() -> None:
    members = Membership()
    a, b, c = (joined(members, name) for name in "abc")
    assert members.last_idle() is a
    moved(members, a, MEvent.LEASE)
    assert members.last_idle() is b
    moved(members, b, MEvent.LEASE)
    moved(members, a, MEvent.RELEASE)
    assert members.last_idle() is a and members.idle == 2
    moved(members, a, MEvent.LEASE)
    moved(members, c, MEvent.LEASE)
    assert members.last_idle() is None


def test_ms_that_want_a_p_stand_in_line() -> None:
    members = Membership()
    a, b = joined(members, "a"), joined(members, "b")
    moved(members, b, MEvent.WANT)
    moved(members, a, MEvent.WANT)
    assert members.first_wanting() is b
    members.lose(b)
    assert members.first_wanting() is a
    moved(members, a, MEvent.LEASE)
    assert members.first_wanting() is None


def test_a_move_that_does_not_exist_is_refused_and_changes_nothing() -> None:
    members = Membership()
    a = joined(members, "a")
    with pytest.raises(IllegalMoveError):
        members.move(a, MEvent.RELEASE)
    members.validate()
    assert a.status is MStatus.IDLE


def test_the_roster_says_where_each_m_listens() -> None:
    members = Membership()
    joined(members, "a"), joined(members, "b")
    assert members.roster() == (
        Peer(members.by_peer[PeerId(b"a")].id, "at a"),
        Peer(members.by_peer[PeerId(b"b")].id, "at b"),
    )


def test_an_m_that_holds_a_p_against_its_status_is_found() -> None:
    members = Membership()
    joined(members, "a").p = PId(0)
    with pytest.raises(AssertionError, match="M 0"):
        members.validate()


def test_the_last_words_of_a_dead_process_do_not_make_it_a_member() -> None:
    members = Membership()
    members.exited(71, Instant(SECOND))
    assert members.is_dead(71, Instant(SECOND + GHOST_NS - 1))
    assert not members.is_dead(71, Instant(SECOND + GHOST_NS))  # the id may be another process's by now
    assert not members.is_dead(72, Instant(SECOND))


def test_only_the_last_deaths_are_remembered() -> None:
    members = Membership()
    for pid in range(EXITS_MAX + 1):
        members.exited(pid, Instant(0))
    assert len(members.exits) == EXITS_MAX
    assert not members.is_dead(0, Instant(0))
