"""How many dispatches a run may make."""

from cluster.model.limits import BUDGET_MAX, IO_PERIOD_MAX_NS, IO_PERIOD_NS
from worker.core.budget import next_budget


def test_as_many_dispatches_as_fit_in_the_period_and_at_least_one() -> None:
    assert next_budget(100, 10, IO_PERIOD_NS, 0) == 10
    assert next_budget(100, 20, 2 * IO_PERIOD_NS, 0) == 10
    assert next_budget(100, 1, 1000 * IO_PERIOD_NS, 0) == 1


def test_it_grows_by_no_more_than_doubling_and_ends_at_its_maximum() -> None:
    assert next_budget(16, 16, 0, 0) == 32
    assert next_budget(BUDGET_MAX, BUDGET_MAX, 1, 0) == BUDGET_MAX


def test_the_period_is_longer_the_longer_nobody_has_said_anything() -> None:
    assert [next_budget(1000, 10, IO_PERIOD_NS, quiet) for quiet in (0, 1, 2, 3)] == [10, 20, 40, 40]
    assert next_budget(1000, 10, IO_PERIOD_MAX_NS, 1 << 62) == 10
