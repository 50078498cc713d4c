"""A lease and its deadline."""

import pytest

from cluster.model.clock import MILLISECOND, SECOND, after
from cluster.model.errors import ClusterError, NoLeaseError
from cluster.model.ids import Epoch, PId
from cluster.model.lease import ACROSS_MACHINES, ONE_MACHINE, Lease, Periods
from tests.fakes import FakeClock


def test_a_lease_is_good_until_the_nanosecond_before_its_deadline() -> None:
    clock = FakeClock()
    lease = Lease(PId(1), Epoch(4), after(clock.now(), 10))
    clock.advance(9)
    lease.check(clock.now())
    clock.advance(1)
    with pytest.raises(NoLeaseError):
        lease.check(clock.now())


def test_a_lease_that_ran_out_says_which_and_when_and_what_to_do() -> None:
    clock = FakeClock()
    lease = Lease(PId(1), Epoch(4), clock.now())
    clock.advance(5 * MILLISECOND // 2)
    with pytest.raises(
        ClusterError,
        match=r"^the lease of P 1 \(epoch 4\) ran out 2\.5 ms ago: .* No goroutine may run; acquire a P again\.$",
    ):
        lease.check(clock.now())


def test_a_renewed_lease_is_good_again() -> None:
    clock = FakeClock()
    lease = Lease(PId(1), Epoch(4), clock.now())
    lease.deadline = after(clock.now(), 1)
    lease.check(clock.now())


def test_a_holder_gives_up_before_its_p_is_leased_again_near_and_far() -> None:
    assert Periods(SECOND // 2, 2 * SECOND, 3 * SECOND) == ONE_MACHINE
    assert Periods(2 * SECOND, 10 * SECOND, 15 * SECOND) == ACROSS_MACHINES


@pytest.mark.parametrize("periods", [(0, 2, 3), (2, 2, 3), (1, 3, 3), (1, 4, 3), (-1, 2, 3)])
def test_periods_that_would_let_two_ms_run_under_one_p_are_refused(periods: tuple[int, int, int]) -> None:
    with pytest.raises(ClusterError, match="would let two Ms run under one P"):
        Periods(*periods)
