"""A kernel that is alone answers for itself."""

import pytest

from cluster.kernel.runtime import gomaxprocs, num_goroutine, stack, syscall
from cluster.kernel.sched import go, gosched
from tests.fakes import park_for_ever, run


def test_a_kernel_that_is_alone_counts_and_describes_its_own_goroutines() -> None:
    async def main() -> tuple[int, str]:
        go(park_for_ever)
        await gosched()
        return await num_goroutine(), await stack(all=True)

    count, text = run(main)  # type: ignore[misc]
    assert count == 2
    mine, other = text.split("\n\n")
    assert mine.startswith("goroutine 1 [running]:\n") and other.startswith("goroutine 2 [chan receive]:\n")


def test_a_kernel_that_is_alone_has_as_many_ps_as_it_is_told() -> None:
    async def main() -> list[int]:
        return [await gomaxprocs(n) for n in (0, 3, 3, 0, -1, 1, 0)]

    assert run(main) == [1, 1, 3, 3, 3, 3, 1]


def test_a_kernel_that_is_alone_has_no_threads() -> None:
    async def main() -> None:
        await syscall(print)

    with pytest.raises(AssertionError, match="goroutine 1 makes a system call, and this kernel has no helper threads"):
        run(main)
