"""Where depots are: made in a cluster's directory, held by their owner's lock, and cleared away when it is gone.

Owner.      The client whose pool it is. It holds a lock of the kernel on the depot's directories, which ends with it
            however it dies, and removes the depot with its pool. If it cannot, others do: the coordinator, when it has
            lost a client, and when it begins and ends; the last `worker`; who starts an embedded cluster, when it
            is closed; and for what lies in /dev/shm whoever makes the next depot.
Entry.      A directory `large-…` in the cluster's own, which nobody else can enter. In it `disk` is a directory and
            `memory` a link to one of mode 0700 in /dev/shm. If the cluster's directory is memory itself, as
            $XDG_RUNTIME_DIR is, `disk` is a link to a directory among temporary files.
Shared.     Of a cluster that this process did not start nothing is known to be shared but its directory: workers in
            other containers, or services, have a /dev/shm and temporary files of their own. Then there are no links,
            and one of `disk` and `memory`, which it is.
Removing.   First the entry gets another name. From then on no file can be made below it, and none is missed.
"""

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cluster.launch.connection import check_private, dir_of
from cluster.launch.depot import DISK, MEMORY
from cluster.model.errors import ClusterError
from cluster.wire.security import IPC

SHM: Final = Path("/dev/shm")
ELSEWHERE: Final = "gmp-large-"  # how directories outside of the cluster's own begin
GONE: Final = ".gone"
_ENTRY: Final = re.compile(r"large-[0-9a-f]{16}(\.gone)?")
_MEMORY_KINDS: Final = ("tmpfs", "ramfs")
_TRIES: Final = 8  # to make a directory before somebody clears it away, and to remove one before a file is made in it


class Premises:
    """A depot of this process."""

    def __init__(self, entry: Path, locks: list[int]) -> None:
        self.entry: Final = entry
        self._locks: Final = locks

    @property
    def name(self) -> str:
        """What others find it by."""
        return self.entry.name

    def close(self) -> None:
        """Remove it."""
        remove(self.entry)
        while self._locks:
            os.close(self._locks.pop())


def make(address: str, embedded: bool, shm: Path = SHM) -> Premises | None:
    """A new depot of the cluster at this address; None if it is not in a directory, or none can be made there.

    `embedded`: this process has started it.

    An address on TCP names no directory that all processes of the cluster share, not even on the loopback, where a
    tunnel may lead to another machine.
    """
    if not address.startswith(IPC):
        return None
    directory = dir_of(address)
    locks: list[int] = []
    try:
        clear_memory(shm)
        entry = _locked(locks, lambda: _made(directory / f"large-{secrets.token_hex(8)}"))
        try:
            if embedded:
                _link(entry, locks, _disk(directory), shm)
            else:
                (entry / (MEMORY if _is_memory(directory) else DISK)).mkdir(0o700)
        except OSError:
            remove(entry)
            raise
    except OSError:
        for fd in locks:
            os.close(fd)
        return None
    return Premises(entry, locks)


def _link(entry: Path, locks: list[int], disk: Path, shm: Path) -> None:
    if disk == entry.parent:
        (entry / DISK).mkdir(0o700)
    else:
        (entry / DISK).symlink_to(_locked(locks, lambda: _temporary(disk)))
    with contextlib.suppress(OSError):  # then all goes to disk
        (entry / MEMORY).symlink_to(_locked(locks, lambda: _temporary(shm)))


def find(directory: Path, name: str) -> Path:
    """The depot that a client calls so. ClusterError when there is none, or others can enter it."""
    entry = directory / name
    if _ENTRY.fullmatch(name) is None or entry.is_symlink() or not entry.is_dir():
        raise ClusterError(f"{name!r} is no depot in {directory}")
    for place in (entry, *(entry / place for place in (MEMORY, DISK) if (entry / place).exists())):
        check_private(place)
    return entry


def clear(directory: Path, *, all: bool = False) -> None:
    """Remove the depots in this directory whose owner is gone; with `all` those of the living, too."""
    for entry in _entries(directory):
        fd = _lock(entry)
        if fd is None and not all:
            continue
        remove(entry)
        if fd is not None:
            os.close(fd)


def clear_memory(shm: Path = SHM) -> None:
    """Remove what depots of ours have left in memory whose cluster's directory nobody will look at again."""
    try:
        found = [shm / name for name in os.listdir(shm) if name.startswith(ELSEWHERE)]
    except OSError:
        return
    for path in found:
        if (fd := _lock(path)) is not None:
            _clear_out(path)
            os.close(fd)


def remove(entry: Path) -> None:
    """Remove a depot, whatever is still done there. One that is gone: nothing."""
    if not entry.name.endswith(GONE):
        gone = entry.with_name(entry.name + GONE)
        try:
            entry.rename(gone)
        except OSError:  # somebody else does it, or has done it
            return
        entry = gone
    for place in (MEMORY, DISK):
        with contextlib.suppress(OSError):
            target = Path(os.readlink(entry / place))
            if target.name.startswith(ELSEWHERE):
                _clear_out(target)
    _clear_out(entry)


def _clear_out(path: Path) -> None:
    """Remove it, though a process that found it before its name changed may just be making a file in it."""
    for _ in range(_TRIES):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return


def _entries(directory: Path) -> Iterator[Path]:
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        if _ENTRY.fullmatch(name):
            yield directory / name


def _locked(locks: list[int], make: Callable[[], Path]) -> Path:
    """A new directory, with a lock on it that is added to these. OSError when there is none to be had."""
    path = None
    for _ in range(_TRIES):
        path = make()
        if (fd := _lock(path)) is not None:
            with contextlib.suppress(FileNotFoundError):  # it was cleared away before it was locked
                if path.stat().st_ino == os.fstat(fd).st_ino:
                    locks.append(fd)
                    return path
            os.close(fd)
    raise FileNotFoundError(f"{path} and others like it are cleared away again and again")


def _disk(directory: Path) -> Path:
    """A directory that is not memory: this one, if it can be, or one for temporary files."""
    return next(
        (path for path in (directory, Path(tempfile.gettempdir()), Path("/var/tmp")) if not _is_memory(path)), directory
    )


def _is_memory(path: Path) -> bool:
    """Whether files there are memory."""
    try:
        device = path.stat().st_dev
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    except OSError:
        return False
    # proc(5): `36 35 98:0 /root /mount/point options … - type source …`
    kinds = {mount[2]: mount[mount.index("-") + 1] for mount in mounts}
    return kinds.get(f"{os.major(device)}:{os.minor(device)}") in _MEMORY_KINDS


def _made(path: Path) -> Path:
    path.mkdir(0o700)
    return path


def _temporary(base: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=ELSEWHERE, dir=base))


def _lock(path: Path) -> int | None:
    """A lock on this directory, if it is ours and nobody has one; it ends when the descriptor is closed."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if os.fstat(fd).st_uid == os.geteuid():
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
    except OSError:
        pass
    os.close(fd)
    return None
