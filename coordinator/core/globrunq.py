"""The coordinator's share of the global run queue: goroutines that no M owns.

Owner.      The coordinator. What clients start when no P is idle, and what Ms give away, waits here.
Invariants. FIFO. At most GLOBRUNQ_MAX records.
Order.      A batch is min(n, n/procs + 1, 128), oldest first: one P cannot take all.
Unlike Go.  What overflows a ring, yields or is preempted stays in its M's own share.
Sources.    Go 1.19 runtime/proc.go: globrunqput, globrunqget.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from cluster.model.ids import ProgramId
from cluster.model.limits import GLOBRUNQ_BATCH_MAX
from cluster.wire.messages import Record


class GlobRunq:
    """A queue of goroutine records."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque()

    def __len__(self) -> int:
        return len(self._records)

    def put(self, records: Iterable[Record]) -> None:
        """Append, in order."""
        self._records.extend(records)

    def put_first(self, records: Sequence[Record]) -> None:
        """Put before all others, in order: of a P that is no more. Source: globrunqputhead."""
        self._records.extendleft(reversed(records))

    def batch(self, procs: int) -> tuple[Record, ...]:
        """A fair part for one P: min(n, n/procs + 1, 128) records, oldest first."""
        n = len(self._records)
        n = min(n, n // procs + 1, GLOBRUNQ_BATCH_MAX)
        return tuple(self._records.popleft() for _ in range(n))

    def one(self) -> tuple[Record, ...]:
        """The oldest record alone, for the 61st slice; () when there is none."""
        return (self._records.popleft(),) if self._records else ()

    def drop(self, program: ProgramId) -> None:
        """Forget the goroutines of a program that is over."""
        self._records = deque(record for record in self._records if record.program != program)

    def goids(self, program: ProgramId) -> list[int]:
        """Which goroutines of a program wait here. O(n)."""
        return [record.goid for record in self._records if record.program == program]

    def records(self) -> list[Record]:
        """All that wait here, oldest first: a copy."""
        return list(self._records)

    def count(self, program: ProgramId) -> int:
        """How many goroutines of a program wait here. O(n)."""
        return sum(1 for record in self._records if record.program == program)
