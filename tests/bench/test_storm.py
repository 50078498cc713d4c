"""What a storm's outcome means; tests/process/test_moves.py has one."""

from dataclasses import replace

import pytest

from cluster.bench.storm import Outcome

CALM = Outcome(goroutines=3, ended=3, distinct=3, right=3, hops=0, seconds=1.0)


def test_a_storm_is_right_when_each_goroutine_ended_once_with_all_values() -> None:
    assert CALM.all_right


@pytest.mark.parametrize("what", [{"ended": 4}, {"ended": 2}, {"distinct": 2}, {"right": 2}])
def test_a_storm_is_wrong_when_one_is_lost_or_ends_twice_or_gets_something_else(what: dict[str, int]) -> None:
    assert not replace(CALM, **what).all_right
