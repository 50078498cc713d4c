"""The P table: leases, epochs, and who is refused."""

import pytest

from cluster.model.clock import Instant
from cluster.model.errors import IllegalMoveError, StaleLeaseError
from cluster.model.ids import Epoch, MId, PId, ProgramId
from coordinator.core.ptable import P, PTable
from tests.coordinator.office import records

M0, M1 = MId(0), MId(1)
NOW = Instant(7)


def acquired(table: PTable, m: MId) -> P:
    p = table.acquire(m, NOW)
    table.validate()
    assert p is not None
    return p


def test_ps_are_leased_from_p0_on_until_there_are_none() -> None:
    table = PTable(2)
    assert [acquired(table, M0).id, acquired(table, M1).id] == [0, 1]
    assert table.acquire(MId(2), NOW) is None and table.idle == 0 and len(table) == 2


def test_each_lease_has_an_epoch_of_its_own_and_says_since_when() -> None:
    table = PTable(1)
    p = acquired(table, M0)
    assert (p.epoch, p.holder, p.granted_at) == (1, M0, NOW)
    table.release(p)
    assert p.holder is None and table.idle == 1
    assert (acquired(table, M1).epoch, p.holder) == (2, M1)


def test_the_p_that_became_idle_last_is_leased_first_but_one_with_goroutines_before_it() -> None:
    table = PTable(3)
    p0, p1, p2 = (acquired(table, M0) for _ in range(3))
    for p in (p1, p0, p2):
        table.release(p)
    p1.runq.extend(records(ProgramId(1), 1))
    assert [acquired(table, M1).id for _ in range(3)] == [1, 2, 0]


def test_only_the_holder_under_the_current_epoch_speaks_for_a_p() -> None:
    table = PTable(2)
    old = acquired(table, M0)
    assert table.check(M0, old.id, Epoch(1)) is old
    table.release(old)
    with pytest.raises(StaleLeaseError, match="nobody holds that P: its last lease, epoch 1, is over"):
        table.check(M0, old.id, Epoch(1))
    acquired(table, M1)
    with pytest.raises(StaleLeaseError, match="M 0 spoke for P 0 under lease epoch 1, but M 1 holds it under epoch 2"):
        table.check(M0, old.id, Epoch(1))
    with pytest.raises(StaleLeaseError, match="epoch 1, but the current epoch is 2"):
        table.check(M1, old.id, Epoch(1))
    for nonsense in (-1, 2, 1 << 40):
        with pytest.raises(StaleLeaseError, match="but there are 2 Ps"):
            table.check(M1, PId(nonsense), Epoch(1))


def test_a_p_cannot_be_released_twice() -> None:
    table = PTable(1)
    p = acquired(table, M0)
    table.release(p)
    with pytest.raises(IllegalMoveError):
        table.release(p)


def test_a_table_whose_lists_disagree_is_found() -> None:
    table = PTable(1)
    table.ps[0].holder = M0
    with pytest.raises(AssertionError, match="P 0"):
        table.validate()
