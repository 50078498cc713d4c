"""The lease: counted from before it was asked for, so that its holder always gives up first."""

import pytest

from cluster.model.clock import Instant
from cluster.model.errors import NoLeaseError
from cluster.model.ids import NO_P, Epoch, PId
from cluster.model.limits import LEASE_EXPIRE_NS, LEASE_GIVE_UP_NS, LEASE_RENEW_NS
from cluster.wire.messages import LeaseP, Load, Renew, Renewed
from worker.core.lease import UNANSWERED_MAX, LeaseClient

P0, E1 = PId(0), Epoch(1)
LOAD = Load(*[0] * len(Load._fields))


def client() -> LeaseClient:
    """Joined at 1000; renews every 100 and gives up 400 after a renewal was sent."""
    lease = LeaseClient(Instant(1000))
    lease.configure(100, 400)
    return lease


def grant(nonce: int, epoch: Epoch = E1) -> LeaseP:
    return LeaseP(P0, epoch, nonce, 0, 1, False)


def renewed(nonce: int, p: PId = P0, epoch: Epoch = E1) -> Renewed:
    return Renewed(nonce, p, epoch, False, False)


def test_a_renewal_is_due_once_per_period_and_says_what_is_held() -> None:
    lease = client()
    assert lease.next_renewal == 1000
    assert lease.renew(Instant(1000), LOAD) == Renew(1, NO_P, Epoch(0), LOAD)
    assert lease.next_renewal == 1100
    lease.granted(grant(1))
    assert lease.renew(Instant(1100), LOAD) == Renew(2, P0, E1, LOAD)


def test_a_lease_counts_from_when_the_renewal_that_it_names_was_sent() -> None:
    lease = client()
    lease.renew(Instant(1000), LOAD)
    lease.renew(Instant(1100), LOAD)
    assert lease.granted(grant(2)).deadline == 1100 + 400
    assert lease.granted(grant(1)).deadline == 1000 + 400


def test_a_lease_that_names_no_renewal_counts_from_before_the_m_joined() -> None:
    assert client().granted(grant(0)).deadline == 1000 + 400


def test_a_lease_that_names_a_renewal_that_was_answered_counts_from_that() -> None:
    lease = client()
    lease.renew(Instant(1050), LOAD)
    lease.renewed(renewed(1, NO_P, Epoch(0)))
    assert lease.granted(grant(1)).deadline == 1050 + 400


def test_an_answer_moves_the_deadline_of_the_lease_that_it_names_and_of_no_other() -> None:
    lease = client()
    lease.renew(Instant(1000), LOAD)
    held = lease.granted(grant(1))
    lease.renew(Instant(1200), LOAD)
    lease.renewed(renewed(2, epoch=Epoch(9)))
    assert held.deadline == 1400
    lease.renew(Instant(1300), LOAD)
    lease.renewed(renewed(3))
    assert held.deadline == 1700
    lease.renewed(renewed(1))
    assert held.deadline == 1700, "an old answer takes nothing back"


def test_the_margin_is_exact() -> None:
    lease = client()
    lease.renew(Instant(1000), LOAD)
    held = lease.granted(grant(1))
    held.check(Instant(1399))
    with pytest.raises(NoLeaseError, match="P 0"):
        held.check(Instant(1400))
    assert LEASE_RENEW_NS < LEASE_GIVE_UP_NS < LEASE_EXPIRE_NS


def test_what_is_held_is_held_under_its_epoch_and_until_it_is_dropped() -> None:
    lease = client()
    assert not lease.holds(P0, E1)
    lease.granted(grant(0))
    assert lease.holds(P0, E1) and not lease.holds(P0, Epoch(2)) and not lease.holds(PId(1), E1)
    lease.drop()
    assert not lease.holds(P0, E1) and lease.lease is None


def test_a_coordinator_that_answers_nothing_is_taken_for_lost_and_one_answer_is_enough() -> None:
    lease = client()
    for i in range(2 * UNANSWERED_MAX):
        assert (lease.abandoned(), lease.abandoned(times=2)) == (i >= UNANSWERED_MAX, False)
        lease.renew(Instant(1000 + 100 * i), LOAD)
    assert lease.abandoned(times=2)
    lease.renewed(renewed(2 * UNANSWERED_MAX - 1))
    assert not lease.abandoned()
