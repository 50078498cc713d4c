"""The files that goroutines of an M wait for. Implements the machine's `Netpoll`, by epoll.

For the main thread. A file is registered while somebody waits for it and no longer, and for one event,
after which it is registered again for who is left: so a file that its program closes in the meantime,
without a word, cannot keep the M awake. All that wait for what has happened are ready. The main thread
polls without waiting whenever it takes messages; while it waits for messages, epoll's own file ends the wait.
Unlike Go, sockets of a program that is over must be closed here: the process goes on.
Source: Go 1.19 runtime/netpoll_epoll.go.
"""

import contextlib
import select
from typing import Final
from weakref import WeakSet

from cluster.kernel.g import G, Program
from cluster.kernel.outside import Closes
from cluster.model.ids import ProgramId

# As Go has it: an end or an error is told to both sides, whose next operation will say what it is.
READ: Final = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
WRITE: Final = select.EPOLLOUT | select.EPOLLHUP | select.EPOLLERR

Sides = tuple[list[G], list[G]]  # who waits to read, and who to write


class Epoll:
    """Goroutines by the file that they wait for."""

    def __init__(self) -> None:
        self._epoll: Final = select.epoll()
        self._waiting: Final[dict[int, Sides]] = {}
        self._adopted: Final[dict[ProgramId, WeakSet[Closes]]] = {}
        self.fd: Final = self._epoll.fileno()  # readable while `ready` would have something to say

    def __len__(self) -> int:
        """How many files are registered."""
        return len(self._waiting)

    @property
    def is_ready(self) -> bool:
        """Whether `ready` has something to say. For any thread."""
        return bool(self._waiting and select.select([self.fd], [], [], 0)[0])

    def poll(self, g: G, fd: int, write: bool) -> bool:
        """See `Poller`."""
        sides = self._waiting.get(fd, ([], []))
        sides[write].append(g)
        try:
            self._register(fd, sides)
        except OSError as error:
            sides[write].remove(g)
            if isinstance(error, PermissionError):  # a regular file
                return False
            raise
        self._waiting[fd] = sides
        return True

    def forget(self, g: G, fd: int, write: bool) -> None:
        """See `Poller`."""
        if (sides := self._waiting.get(fd)) is not None and g in sides[write]:
            sides[write].remove(g)
            self._register_rest(fd, sides)

    def adopt(self, program: Program, file: Closes) -> None:
        """See `Poller`."""
        self._adopted.setdefault(program.id, WeakSet()).add(file)

    def drop(self, program: Program) -> None:
        """See `Netpoll`."""
        for fd, sides in list(self._waiting.items()):
            if any(g.program is program for side in sides for g in side):
                for side in sides:
                    side[:] = [g for g in side if g.program is not program]
                self._register_rest(fd, sides)
        for file in list(self._adopted.pop(program.id, ())):
            with contextlib.suppress(OSError):
                file.close()

    def ready(self) -> list[G]:
        """Those who need not wait longer, in the order in which their files became ready. Does not wait."""
        ready: list[G] = []
        if not self._waiting:
            return ready
        for fd, events in self._epoll.poll(0):
            if (sides := self._waiting.get(fd)) is None:
                continue
            for side, wanted in zip(sides, (READ, WRITE), strict=True):
                if events & wanted:
                    ready += side
                    side.clear()
            self._register_rest(fd, sides)
        return ready

    def _register_rest(self, fd: int, sides: Sides) -> None:
        """For those who still wait, if any. That their program has closed the file is not our error."""
        with contextlib.suppress(OSError):
            if any(sides):
                self._register(fd, sides)
            else:
                del self._waiting[fd]
                self._epoll.unregister(fd)

    def _register(self, fd: int, sides: Sides) -> None:
        events = (READ if sides[0] else 0) | (WRITE if sides[1] else 0) | select.EPOLLONESHOT
        if fd in self._waiting:
            with contextlib.suppress(FileNotFoundError):  # it was closed, and this is another of its number
                self._epoll.modify(fd, events)
                return
        self._epoll.register(fd, events)
