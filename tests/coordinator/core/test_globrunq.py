"""The coordinator's share of the global queue: fair batches, oldest first."""

import pytest

from cluster.model.ids import ProgramId
from coordinator.core.globrunq import GlobRunq
from tests.coordinator.office import records

A, B = ProgramId(1), ProgramId(2)


@pytest.mark.parametrize(
    ("n", "procs", "expected"), [(0, 2, 0), (1, 2, 1), (4, 2, 3), (4, 1, 4), (4, 8, 1), (1000, 1, 128), (1000, 16, 63)]
)
def test_a_batch_is_a_fair_part_of_the_queue_for_one_p(n: int, procs: int, expected: int) -> None:
    queue = GlobRunq()
    queue.put(records(A, *range(n)))
    assert [record.goid for record in queue.batch(procs)] == list(range(expected))
    assert len(queue) == n - expected


def test_one_is_the_oldest_and_none_when_there_is_none() -> None:
    queue = GlobRunq()
    queue.put(records(A, 1, 2, 3))
    assert queue.one() == records(A, 1) and len(queue) == 2
    queue.batch(1)
    assert queue.one() == ()


def test_a_program_that_is_over_leaves_the_others_in_their_order() -> None:
    queue = GlobRunq()
    queue.put([*records(A, 1), *records(B, 1), *records(A, 2), *records(B, 2)])
    assert (queue.count(A), queue.count(B)) == (2, 2)
    queue.drop(A)
    assert (queue.count(A), queue.count(B)) == (0, 2)
    assert queue.batch(1) == records(B, 1, 2)
