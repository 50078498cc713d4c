"""Where a cluster lives: a directory of mode 0700 with its sockets, its lock and its connection file.

Who may enter. On one machine the directory is the door: only its owner can open the sockets in it.
A directory that somebody else owns or can enter is refused, never repaired.
Default. `gmp-cluster` in $XDG_RUNTIME_DIR, else `gmp-cluster-UID` in the temporary directory;
$GMP_CLUSTER_DIR names another.
"""

import contextlib
import fcntl
import json
import os
import stat
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cluster.model.errors import ClusterError, NoClusterError

DIR_VARIABLE: Final = "GMP_CLUSTER_DIR"
SOCKET: Final = "coordinator.sock"
_FILE: Final = "connection.json"
_LOCK: Final = "coordinator.lock"
_IPC: Final = "ipc://"
_IPC_PATH_MAX: Final = 107  # bytes; the kernel's sockaddr_un, less its ending zero


class InUseError(ClusterError):
    """Another coordinator lives in that directory."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a coordinator."""

    address: str
    pid: int


def default_dir() -> Path:
    """The directory of this user's cluster."""
    if named := os.environ.get(DIR_VARIABLE):
        return Path(named)
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "gmp-cluster"
    return Path(tempfile.gettempdir()) / f"gmp-cluster-{os.getuid()}"


def private_dir(path: Path) -> Path:
    """Make `path` with mode 0700, or check that nobody else can enter it; ClusterError when one can."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ClusterError(
            f"{path} belongs to user {found.st_uid} and has mode {stat.S_IMODE(found.st_mode):04o}: others could reach "
            f"the cluster's sockets in it. Use a directory of your own with mode 0700."
        )
    return path


def ipc_address(path: Path) -> str:
    """The address of a socket file; ClusterError when the path is longer than the kernel takes."""
    if len(os.fsencode(path)) > _IPC_PATH_MAX:
        raise ClusterError(f"{path} is longer than {_IPC_PATH_MAX} bytes: choose a directory with a shorter name")
    return f"{_IPC}{path}"


def dir_of(address: str) -> Path:
    """The directory of an `ipc://` address; NoClusterError for other addresses."""
    if not address.startswith(_IPC) or len(address) == len(_IPC):
        raise NoClusterError(
            f"{address!r} is no address of a cluster on this machine: it should look like ipc:///directory/{SOCKET}. "
            f"Addresses across machines (tcp://) need keys, which this release does not make."
        )
    return Path(address[len(_IPC) :]).parent


def lock(directory: Path) -> int:
    """Become the coordinator of this directory until the process ends; InUseError when there is one."""
    fd = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise InUseError(
            f"a coordinator is running in {directory}: use it (`cluster status`), stop it (`cluster stop`), or choose "
            f"another directory with --dir."
        ) from None
    return fd


def write(directory: Path, connection: Connection) -> None:
    """Write the connection file, mode 0600, in one piece."""
    draft = directory / f"{_FILE}.{connection.pid}"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        json.dump(asdict(connection), file)
    draft.replace(directory / _FILE)


def remove(directory: Path) -> None:
    """The coordinator ends: take away what would lead to it."""
    for name in (_FILE, SOCKET):
        (directory / name).unlink(missing_ok=True)


def leave(directory: Path) -> None:
    """A process of an embedded cluster ends: the last one removes the directory."""
    (directory / _LOCK).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # others are still in it, or it is gone
        directory.rmdir()


def find(directory: Path) -> Connection:
    """The coordinator that lives in this directory; NoClusterError when none does."""
    try:
        found = json.loads((directory / _FILE).read_text())
        connection = Connection(str(found["address"]), int(found["pid"]))
        dir_of(connection.address)
        if connection.pid <= 0:
            raise ValueError("to kill, zero and less mean many processes")
        os.kill(connection.pid, 0)
    except (OSError, ValueError, KeyError, TypeError, NoClusterError):
        raise NoClusterError(
            f"no coordinator lives in {directory}. Start one with `coordinator`, and workers with `worker --count 2`; "
            f"or let `cluster run` start its own."
        ) from None
    return connection


def lives(directory: Path, pid: int) -> bool:
    """Whether the coordinator of this directory is the process `pid`."""
    try:
        return find(directory).pid == pid
    except NoClusterError:
        return False
