"""A depot: the files in which large arguments and results of one pool lie, for processes of one machine.

Place.      Two directories in the depot, `memory` and `disk`, or one of them: see premises.py. A file goes to memory,
            until this process has APART_MEMORY_MAX there or half of it is full; else to disk, where it is memory as
            well, that the kernel can take back by writing it out. Where there is no room, the next is tried.
File.       A count, that many lengths, and the parts, each at a multiple of ALIGNMENT. It is written whole before
            anybody hears its name, and is never changed: who maps it meets no hole in it. Its name tells the place,
            the process that wrote it, with the namespace in which that has its pid, and its size.
Reading.    It is mapped privately: what is written to it is the reader's own. So nobody copies an array.
Ends.       The client removes what it has written when its task has ended, and what it fetches as it fetches it:
            who has mapped a file keeps it. What a worker wrote that died before it could tell is removed when the
            client hears of that death, and everything with the pool: see premises.py.
Trust.      Names come in messages. They are matched with what `put` makes, so none leads elsewhere; the file must
            be a regular one of this user, of the size in its name, and its lengths must be its size.
Rejected.   memfd, sent by /proc/PID/fd: nothing could be left over, but results would end with their worker.
            One segment for all: what was fetched would have to be copied before its place is used again.
"""

import contextlib
import mmap
import os
import re
import stat
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Final
from weakref import WeakSet

from cluster.model.errors import CannotShipError
from cluster.model.limits import APART_MAPPED_MAX, APART_MEMORY_MAX, APART_MEMORY_SHARE, APART_PARTS_MAX
from cluster.wire.apart import Part

MEMORY: Final = "memory"
DISK: Final = "disk"
ALIGNMENT: Final = 64  # a cache line, and more than any type of NumPy needs
LOOK_BYTES: Final = 4 << 20  # between two looks at how much room is left in memory
WRITTEN_AT_ONCE: Final = 512  # parts; the system's own limit is 1024

_NAME: Final = re.compile(r"(?:memory|disk)-([0-9]{1,20})\.([0-9]{1,10})-[0-9]{1,19}-([0-9]{1,19})")
_LENGTH: Final = struct.Struct("<Q")
_KEEPS_NO_FD: Final = {"trackfd": False} if sys.version_info >= (3, 13) else {}

Write = Callable[[int, Sequence[Part]], int]


class Depot:
    """One process's view of a depot. `once`: what it fetches is removed."""

    def __init__(
        self,
        entry: Path,
        once: bool,
        *,
        memory_max: int = APART_MEMORY_MAX,
        mapped_max: int = APART_MAPPED_MAX,
        write: Write = os.writev,
    ) -> None:
        """`entry` is its directory: see premises.py. `write` is the system call."""
        self._entry: Final = entry
        self._once: Final = once
        self._memory_max: Final = memory_max
        self._mapped_max: Final = mapped_max
        self._write: Final = write
        self._namespace: Final = _namespace()
        self._numbers: Final = count(1)
        self._lock: Final = threading.Lock()  # any thread may submit
        self._in_memory: deque[tuple[str, int]] = deque()  # files that are perhaps still there, oldest first
        self._memory_bytes = 0
        self._unlooked = LOOK_BYTES  # written since the last look at how much room is left
        self._is_roomy = False
        self._mapped: Final[WeakSet[mmap.mmap]] = WeakSet()  # that keep a descriptor
        self.fetched = 0  # bytes, so far

    # -- writing

    def put(self, parts: Sequence[Part]) -> str:
        """Write them; the name to fetch them by, or "" when there is no room for them."""
        head, size = _head([len(part) for part in parts])
        for place in (MEMORY, DISK) if self._has_memory(size) else (DISK,):
            name = f"{place}-{self._namespace}.{os.getpid()}-{next(self._numbers)}-{size}"
            try:
                self._write_file(self._path(name), [head, *_padded(parts)], size)
            except OSError:  # it is full, or the pool is over
                continue
            if place == MEMORY:
                with self._lock:
                    self._in_memory.append((name, size))
                    self._memory_bytes += size
            return name
        return ""

    def _path(self, name: str) -> str:
        return f"{self._entry}/{name.partition('-')[0]}/{name}"

    def _write_file(self, path: str, pieces: list[Part], size: int) -> None:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            done = 0
            while done < size:
                written = self._write(fd, pieces[:WRITTEN_AT_ONCE])
                done += written
                pieces = _rest(pieces, written)
        except BaseException:
            os.unlink(path)
            raise
        finally:
            os.close(fd)

    def _has_memory(self, size: int) -> bool:
        """Whether one more file of this size may go to memory."""
        with self._lock:
            while self._memory_bytes + size > self._memory_max and self._in_memory:
                name, oldest = self._in_memory[0]
                if os.path.exists(self._path(name)):
                    return False
                self._in_memory.popleft()
                self._memory_bytes -= oldest
            if self._memory_bytes + size > self._memory_max:
                return False
            self._unlooked += size
            if self._unlooked > LOOK_BYTES:  # a look is a system call more
                self._unlooked, self._is_roomy = 0, _is_roomy(self._entry / MEMORY, max(size, LOOK_BYTES))
            return self._is_roomy

    # -- reading

    def fetch(self, name: str) -> list[memoryview]:
        """Views of the parts, which may be written to and belong to the caller. CannotShipError when there are none."""
        matched = _NAME.fullmatch(name)
        if matched is None:
            raise CannotShipError(f"{name!r} is no name of an argument or a result")
        try:
            content = self._map(self._path(name), int(matched[3]))
        except (OSError, ValueError) as error:
            raise CannotShipError(
                f"an argument or a result of a task lay in {self._path(name)}, and cannot be read: {error}"
            ) from error
        if self._once:
            self.drop(name)
        self.fetched += len(content)
        return _parts(name, content)

    def _map(self, path: str, size: int) -> memoryview:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_size != size or not size:
                raise ValueError("it is not what was written")
            if _KEEPS_NO_FD or len(self._mapped) < self._mapped_max:
                mapped = mmap.mmap(fd, size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE, **_KEEPS_NO_FD)
                self._mapped.add(mapped)
                return memoryview(mapped)
            copy = memoryview(mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
            done = 0
            while done < size:
                done += os.preadv(fd, [copy[done:]], done)
            return copy
        finally:
            os.close(fd)

    # -- what is not needed any more

    def drop(self, name: str) -> None:
        """Remove it, if it is there."""
        if _NAME.fullmatch(name):
            with contextlib.suppress(OSError):
                os.unlink(self._path(name))

    def drop_of_the_dead(self, pid: int | None = None) -> None:
        """Remove what this process wrote, if it lives no more, or with None all of those that do not.

        Its client has heard all that it told. Of another one that has died it may hear more.
        """
        for place in (MEMORY, DISK):
            try:
                names = os.listdir(self._entry / place)
            except OSError:
                continue
            for name in names:
                matched = _NAME.fullmatch(name)
                if matched is None or int(matched[1]) != self._namespace:
                    continue
                writer = int(matched[2])
                if pid in (None, writer) and not _lives(writer):
                    self.drop(name)


def _is_roomy(memory: Path, size: int) -> bool:
    """Whether so much more may be in this memory."""
    try:
        room = os.statvfs(memory)
    except OSError:  # there is none
        return False
    return room.f_bavail * room.f_frsize - size >= room.f_blocks * room.f_frsize // APART_MEMORY_SHARE


def _head(lengths: list[int]) -> tuple[bytes, int]:
    """What a file of parts so long begins with, and its size."""
    head = _aligned(_LENGTH.size * (1 + len(lengths)))
    packed = struct.pack(f"<Q{len(lengths)}Q", len(lengths), *lengths)
    return packed.ljust(head, b"\0"), head + sum(map(_aligned, lengths))


def _aligned(length: int) -> int:
    return -(-length // ALIGNMENT) * ALIGNMENT


def _padded(parts: Sequence[Part]) -> list[Part]:
    padded: list[Part] = []
    for part in parts:
        padded.append(part)
        if gap := _aligned(len(part)) - len(part):
            padded.append(bytes(gap))
    return padded


def _rest(pieces: list[Part], written: int) -> list[Part]:
    """What is left of these when so many bytes of them are written."""
    for at, piece in enumerate(pieces):
        if written < len(piece):
            return [memoryview(piece)[written:], *pieces[at + 1 :]]
        written -= len(piece)
    return []


def _parts(name: str, content: memoryview) -> list[memoryview]:
    """The parts of a file; CannotShipError when it is none."""
    size = len(content)
    count = _LENGTH.unpack_from(content)[0] if size >= _LENGTH.size else APART_PARTS_MAX + 1
    if 0 < count <= APART_PARTS_MAX and _LENGTH.size * (1 + count) <= size:
        lengths = list(struct.unpack_from(f"<{count}Q", content, _LENGTH.size))
        head, expected = _head(lengths)
        if expected == size:
            ends = len(head)
            parts = []
            for length in lengths:
                parts.append(content[ends : ends + length])
                ends += _aligned(length)
            return parts
    raise CannotShipError(f"{name} does not hold the parts of an argument or a result")


def _namespace() -> int:
    """Of the pids that this process sees: one of another container may have the same pid, or look dead."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
