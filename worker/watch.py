"""What the main thread does, as the sysmon thread sees it: computes, or blocks.

Time.       A thread that is blocked neither has a core nor waits for one. The kernel counts both, so that one
            that is only kept from running, on a busy machine, is not taken for one that blocks; a wait counts
            when it has ended, so one that waits just now must not be runnable. Where the kernel does not
            tell, only the CPU time counts.
Place.      A goroutine that came out of its call has another innermost frame, or is elsewhere in it. Those of a
            signal's handler on top of the call do not count.
"""

import os
import sys
import threading
import time
from collections.abc import Collection
from typing import Final

from worker.preempt import Place, place_of

SHARE: Final = 0.3  # of a period; less means blocked
STAT_BYTES: Final = 1024
NOWHERE: Final[Place] = (0, 0)


class MainThread:
    """Made on the main thread, used by another one."""

    def __init__(self, handlers: Collection[str]) -> None:
        """`handlers`: the files of those."""
        self._handlers: Final = handlers
        self._ident: Final = threading.main_thread().ident or 0
        self._clock: Final = time.pthread_getcpuclockid(self._ident)
        self._schedstat = _opened("schedstat")
        self._stat = _opened("stat")
        self._looked_ns = time.monotonic_ns()
        self._cpu_ns, self._waited_ns = self._read()
        self.place: Place = NOWHERE  # at `mark`
        self.computed_ns = 0  # between the last two looks
        self.blocked = False  # for most of that time

    def look(self) -> None:
        """A period is over."""
        now, (cpu, waited) = time.monotonic_ns(), self._read()
        self.computed_ns = cpu - self._cpu_ns
        quiet = self.computed_ns + waited - self._waited_ns < SHARE * (now - self._looked_ns)
        self.blocked = quiet and not self._runnable()
        self._looked_ns, self._cpu_ns, self._waited_ns = now, cpu, waited

    def mark(self) -> None:
        """Remember where the main thread is."""
        self.place = self._where()

    @property
    def has_moved(self) -> bool:
        """Whether it is somewhere else than it was at `mark`."""
        return self._where() != self.place

    def _where(self) -> Place:
        frame = sys._current_frames().get(self._ident)
        while frame is not None and frame.f_code.co_filename in self._handlers:
            frame = frame.f_back
        return NOWHERE if frame is None else place_of(frame)

    def _read(self) -> tuple[int, int]:
        cpu = time.clock_gettime_ns(self._clock)
        waited = 0 if self._schedstat < 0 else int(os.pread(self._schedstat, STAT_BYTES, 0).split()[1])
        return cpu, waited

    def _runnable(self) -> bool:
        if self._stat < 0:
            return False
        return os.pread(self._stat, STAT_BYTES, 0).rpartition(b")")[2].split()[0] == b"R"  # field 3 of proc(5)


def _opened(name: str) -> int:
    try:
        return os.open(f"/proc/self/task/{os.getpid()}/{name}", os.O_RDONLY)  # the main thread's id is the process's
    except OSError:
        return -1
