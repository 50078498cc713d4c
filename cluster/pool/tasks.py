"""The tasks of one pool, as their client sees them: which to send, and which to send again.

Owner.      The pool's thread. Nothing here knows a socket or a clock.
Life.       queued → out (in a carrier, at the cluster) → ended. An M's death puts a task back in the queue, as a
            suspect; its program's end all that are out.
Window.     So many tasks are out that each P has WORK_NS of them, measured by those that have ended, and at least
            two; the rest waits here, where it can be cancelled and costs the cluster nothing. Tasks that can wait
            (async functions) keep no P busy: of these PARKED_MAX may be out.
Suspects.   What was out when an M died may be what killed it. It is run again, one suspect at a time, each in a
            carrier of its own, and beside it at most one task for each other P: so that few are on the M with it.
            After `retries` runs, or DEATHS_MAX deaths, its future has the error.
Carriers.   As many as there are Ps, twice, so that a burst is shared at once; each of up to CARRIER_MAX tasks. A
            lone task goes by itself.
Rejected.   To count only tasks that had begun: each would have to tell when it begins, which costs as much as it does.
Sources.    design.md 6. Self-clocking windows: Van Jacobson, Congestion Avoidance and Control.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, Final

from cluster.model.clock import MILLISECOND
from cluster.model.errors import ClusterError
from cluster.model.ids import TASK_FIRST
from cluster.pool.futures import LOCK, Future

WORK_NS: Final = 50 * MILLISECOND  # a burst's worth: longer than a message's way by far, shorter than people notice
OUT_MIN: Final = 2  # for each P: one runs, and the next is there when it ends
OUT_MAX: Final = 2048  # for each P
PARKED_MAX: Final = 10_000
CARRIER_MAX: Final = 256  # a ring
OUT_BYTES_MAX: Final = 256 << 20  # of arguments, unless one task alone has more
DEATHS_MAX: Final = 3  # of Ms, after which a task is not tried again whatever its retries
REFILL: Final = 4  # a quarter of the window is filled again at once: fewer messages
SMOOTHING: Final = 4  # a quarter of each message's mean goes into the estimate

Task = Future[Any]
Blame = Callable[[int], ClusterError]  # the error of a task that has been lost so often


class Tasks:
    """All tasks that have not ended. `procs` Ps run them."""

    def __init__(self, procs: int, limit: int | None = None) -> None:
        """At most `limit` tasks are out, if that is less than there are Ps: more Ps could not run them anyway."""
        self._procs: Final = procs
        self._limit: Final = limit if limit is not None and limit < procs else None
        self._queue: deque[Task] = deque()
        self._suspects: deque[Task] = deque()
        self._out: dict[int, Task] = {}
        self._suspected = 0  # of those that are out
        self._running = 0  # of those that are out, those that do not park
        self._bytes = 0
        self._carriers: dict[int, int] = {}  # how many tasks of it are out, by carrier
        self._done: list[int] = []  # carriers, all of whose tasks have ended
        self._mean_ns = 0
        self._mean_bytes = 0  # of a result
        self._numbers: Final = count(TASK_FIRST, -1)

    def __len__(self) -> int:
        return len(self._queue) + len(self._suspects) + len(self._out)

    @property
    def out(self) -> int:
        """How many are at the cluster."""
        return len(self._out)

    def add(self, task: Task) -> None:
        """It is to be run."""
        self._queue.append(task)

    @property
    def window(self) -> int:
        """How many tasks that do not park may be out."""
        fitting = WORK_NS // self._mean_ns if self._mean_ns else OUT_MIN
        if self._mean_bytes:
            fitting = min(fitting, OUT_BYTES_MAX // (self._mean_bytes * self._procs))
        window = self._procs * max(OUT_MIN, min(fitting, OUT_MAX))
        if self._limit is not None:
            window = self._limit
        if self._suspects or self._suspected:
            window = min(window, self._procs - 1 + self._suspected)
        return window

    def cut(self) -> list[tuple[int, list[Task]]]:
        """Carriers, with their numbers, that may leave now. Tasks that were cancelled in the queue are dropped."""
        carriers = []
        while self._suspects and self._suspects[0].unwanted:  # since it was lost
            self._suspects.popleft().withdrawn()
        if self._suspects and not self._suspected and self._running < self._procs:
            task = self._suspects.popleft()
            self._suspected = 1
            self._leaves(task)
            carriers.append(self._carry([task]))
        if self._queue and (leaving := self._admitted()):
            size = min(CARRIER_MAX, -(-len(leaving) // (2 * self._procs)))
            carriers += [self._carry(leaving[at : at + size]) for at in range(0, len(leaving), size)]
        return carriers

    def _admitted(self) -> list[Task]:
        admitted: list[Task] = []
        queue, out, bytes_max = self._queue, self._out, OUT_BYTES_MAX
        running_max = self.window
        out_max = self._running + PARKED_MAX if self._limit is None else self._limit
        if running_max - self._running < running_max // REFILL and len(queue) > REFILL:
            return admitted  # soon there is room for more at once
        with LOCK:  # of all futures, once for all that leave
            while queue:
                task = queue[0]
                full = len(out) >= out_max if task.parks else self._running >= running_max
                if full or (out and self._bytes + task.size > bytes_max):
                    break
                queue.popleft()
                if task.set_running_or_notify_cancel():
                    self._leaves(task)
                    admitted.append(task)
        return admitted

    def _leaves(self, task: Task) -> None:
        task.number = number = next(self._numbers)
        self._out[number] = task
        self._bytes += task.size
        if not task.parks:
            self._running += 1

    def _carry(self, tasks: list[Task]) -> tuple[int, list[Task]]:
        if len(tasks) == 1:  # it needs none
            tasks[0].carrier = tasks[0].number
            return tasks[0].number, tasks
        carrier = next(self._numbers)
        self._carriers[carrier] = len(tasks)
        for task in tasks:
            task.carrier = carrier
        return carrier, tasks

    @property
    def finished(self) -> int:
        """How many carriers `done` has to tell of."""
        return len(self._done)

    def done(self) -> tuple[int, ...]:
        """Carriers that need not be remembered any more."""
        done, self._done = tuple(self._done), []
        return done

    def ended(self, numbers: Sequence[int], ran_ns: int, result_bytes: int) -> list[Task | None]:
        """These have ended; what they took together. None for what is not out, which was said before."""
        parked = len(self._out) - self._running
        ended = [self._take(number) for number in numbers]
        if len(self._out) - self._running == parked:  # it was the time of those that run
            mean = max(ran_ns // len(numbers), 1)
            self._mean_ns = mean if not self._mean_ns else self._mean_ns + (mean - self._mean_ns) // SMOOTHING
        self._mean_bytes += (result_bytes // len(numbers) - self._mean_bytes) // SMOOTHING
        return ended

    def _take(self, number: int) -> Task | None:
        task = self._out.pop(number, None)
        if task is None:
            return None
        self._bytes -= task.size
        if not task.parks:
            self._running -= 1
        if task.suspect:
            self._suspected -= 1
        carrier = task.carrier
        if carrier == number:
            return task
        self._carriers[carrier] -= 1
        if not self._carriers[carrier]:
            del self._carriers[carrier]
            self._done.append(carrier)
        return task

    def lost(self, lost: Iterable[int], kept: Iterable[int], error: Blame) -> list[tuple[Task, ClusterError]]:
        """An M died with these tasks and carriers; the tasks that are not run again, and why. O(tasks that are out)."""
        gone, held = set(lost), set(kept)
        numbers = [
            number
            for number, task in self._out.items()
            if number in gone or (task.carrier in gone and number not in held)
        ]
        return self._again([task for number in numbers if (task := self._take(number)) is not None], error)

    def over(self, error: Blame, died: bool = False) -> list[tuple[Task, ClusterError]]:
        """The program has ended, and with it all tasks that were out; those that are not run again, and why.

        If there was only one, it has ended the program, and would again; unless an M `died`, as it may of anything.
        """
        tasks = [task for number in list(self._out) if (task := self._take(number)) is not None]
        self._done.clear()  # of a program that is no more
        if len(tasks) == 1 and not died:
            tasks[0].runs = tasks[0].retries  # which is its last one
        return self._again(tasks, error)

    def _again(self, tasks: list[Task], error: Blame) -> list[tuple[Task, ClusterError]]:
        failed = []
        for task in tasks:
            if task.unwanted:
                task.withdrawn()
                continue
            task.runs += 1
            if task.runs > task.retries or task.runs >= DEATHS_MAX:
                failed.append((task, error(task.runs)))
            else:
                task.suspect = True
                self._suspects.append(task)
        return failed

    def cancel_queued(self) -> None:
        """Cancel what has never left this process."""
        queue, self._queue = self._queue, deque()
        for task in queue:
            if task.cancel():
                task.set_running_or_notify_cancel()

    def clear(self) -> list[Task]:
        """All tasks, of a pool that is over."""
        tasks = [*self._out.values(), *self._suspects, *self._queue]
        for gone in (self._out, self._suspects, self._queue, self._carriers, self._done):
            gone.clear()
        self._bytes = self._running = self._suspected = 0
        return tasks
