"""Helper threads of an M: each makes one blocking call at a time, while the main thread goes on.

Threads are made on demand, at most SYSCALL_THREADS_MAX, and kept; a call beyond that waits for one. What
a call prints belongs to the program of its goroutine. The main thread is waked through a pipe.
Source: entersyscall and its threads, Go runtime/proc.go; Go's limit is 10,000 threads and fatal.
"""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from cluster.kernel.g import G
from cluster.model.limits import SYSCALL_THREADS_MAX

Outcome = tuple[G, object, BaseException | None]


class Aside:
    """The helper threads."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[G, Callable[[], object]]] = SimpleQueue()
        self._returned: deque[Outcome] = deque()
        self._caller: dict[int, G] = {}  # by thread
        self._threads = 0
        self._busy = 0  # calls that were begun and not taken back
        self.wake_fd, self._write_fd = os.pipe()
        os.set_blocking(self.wake_fd, False)
        os.set_blocking(self._write_fd, False)

    def call(self, g: G, call: Callable[[], object]) -> None:
        """Make the call for `g`; its outcome comes out of `outcomes`. For the main thread."""
        self._busy += 1
        self._calls.put((g, call))
        if self._busy > self._threads < SYSCALL_THREADS_MAX:
            self._threads += 1
            threading.Thread(target=self._help, name=f"syscall-{self._threads}", daemon=True).start()

    @property
    def returned(self) -> bool:
        """Whether `outcomes` has something to say. For any thread."""
        return bool(self._returned)

    def outcomes(self) -> list[Outcome]:
        """Calls that are done, in the order of their ends. For the main thread."""
        if not self._returned:
            return []
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake_fd, 4096)
        done = [self._returned.popleft() for _ in range(len(self._returned))]
        self._busy -= len(done)
        return done

    def caller(self) -> G | None:
        """For whom the calling thread makes a call; None on the main thread."""
        return self._caller.get(threading.get_ident())

    def _help(self) -> None:
        me = threading.get_ident()
        while True:
            g, call = self._calls.get()
            self._caller[me] = g
            try:
                outcome: Outcome = (g, call(), None)
            except BaseException as error:  # noqa: BLE001  # it is raised where the call was awaited
                outcome = (g, None, error)
            del self._caller[me]
            self._returned.append(outcome)
            with contextlib.suppress(BlockingIOError):  # when the pipe is full of wakings
                os.write(self._write_fd, b"!")
