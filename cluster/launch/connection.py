"""Where a cluster lives: a directory of mode 0700 with its sockets, its lock and its connection file; and who finds it.

Who may enter. On one machine the directory is the door: only its owner can open the sockets in it.
A directory that somebody else owns or can enter is refused, never repaired, by those who listen in it and by
those who look for a cluster there: else whoever made it first could have programs run on a cluster of his own.
Keys. Those of a cluster on TCP are in its connection file, mode 0600. One that others can read is refused.
Default. `gmp-cluster` in $XDG_RUNTIME_DIR, else `gmp-cluster-UID` in the temporary directory;
$GMP_CLUSTER_DIR names another, and $GMP_CLUSTER_CONNECTION another connection file.
"""

import contextlib
import fcntl
import json
import os
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cluster.model.errors import ClusterError, NoClusterError
from cluster.wire.security import IPC, TCP, Keys, is_key, tcp_address

DIR_VARIABLE: Final = "GMP_CLUSTER_DIR"
FILE_VARIABLE: Final = "GMP_CLUSTER_CONNECTION"
SOCKET: Final = "coordinator.sock"
FILE: Final = "connection.json"
CONNECT_TIMEOUT_S: Final = 5.0  # to a coordinator that is there: milliseconds
_LOCK: Final = "coordinator.lock"
_IPC_PATH_MAX: Final = 107  # bytes; the kernel's sockaddr_un, less its ending zero


class InUseError(ClusterError):
    """Another coordinator lives in that directory."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a coordinator."""

    address: str
    pid: int = 0  # 0: of a coordinator that was named by its address, and not found in a file
    machine: str = ""  # where that process id means something
    keys: Keys | None = None  # None: on one machine, behind a directory


def default_dir() -> Path:
    """The directory of this user's cluster."""
    if named := os.environ.get(DIR_VARIABLE):
        return Path(named)
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "gmp-cluster"
    return Path(tempfile.gettempdir()) / f"gmp-cluster-{os.getuid()}"


def default_file() -> Path:
    """The connection file of this user's cluster."""
    if named := os.environ.get(FILE_VARIABLE):
        return Path(named)
    return default_dir() / FILE


def private_dir(path: Path) -> Path:
    """Make `path` with mode 0700, or check that nobody else can enter it; ClusterError when one can."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(path)
    return path


def check_private(path: Path) -> None:
    """ClusterError when somebody else can enter this directory; nothing is said of one that is not there."""
    try:
        found = path.stat()
    except OSError:
        return
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ClusterError(
            f"{path} belongs to user {found.st_uid} and has mode {stat.S_IMODE(found.st_mode):04o}: others could reach "
            f"the cluster's sockets in it. Use a directory of your own with mode 0700."
        )


def check_secret(file: Path) -> None:
    """ClusterError when others can read this file, or can have written it."""
    found = file.stat()
    if found.st_uid not in (os.getuid(), 0) or stat.S_IMODE(found.st_mode) & 0o077:
        raise ClusterError(
            f"{file} belongs to user {found.st_uid} and has mode {stat.S_IMODE(found.st_mode):04o}: it holds keys, and "
            f"whoever reads them can run code as this user. `chmod 600` it, or copy it to a file of your own."
        )


def ipc_address(path: Path) -> str:
    """The address of a socket file; ClusterError when the path is longer than the kernel takes."""
    if len(os.fsencode(path)) > _IPC_PATH_MAX:
        raise ClusterError(f"{path} is longer than {_IPC_PATH_MAX} bytes: choose a directory with a shorter name")
    return f"{IPC}{path}"


def dir_of(address: str) -> Path:
    """The directory of an `ipc://` address; NoClusterError for other addresses."""
    if not address.startswith(IPC) or len(address) == len(IPC):
        raise NoClusterError(
            f"{address!r} is no address of a cluster: it should look like ipc:///directory/{SOCKET}, or like "
            f"tcp://HOST:PORT."
        )
    return Path(address[len(IPC) :]).parent


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


def write(file: Path, connection: Connection) -> None:
    """Write the connection file, mode 0600, in one piece."""
    keys = connection.keys
    content = {
        "address": connection.address,
        "pid": connection.pid,
        "machine": connection.machine,
        "keys": None if keys is None else {"server": keys.server, "client": keys.client, "secret": keys.secret},
    }
    fd, draft = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)  # mode 0600, and a name that nobody knew
    with os.fdopen(fd, "w") as out:
        json.dump(content, out)
    os.replace(draft, file)


def remove(directory: Path, file: Path) -> None:
    """The coordinator ends: take away what would lead to it."""
    for path in (file, directory / SOCKET):
        path.unlink(missing_ok=True)


def leave(directory: Path) -> None:
    """A process of an embedded cluster ends: the last one removes the directory."""
    (directory / _LOCK).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # others are still in it, or it is gone
        directory.rmdir()


def find(file: Path) -> Connection:
    """The coordinator that wrote this connection file.

    NoClusterError when there is none, or it lives no more. ClusterError when others can enter the directory, or
    read keys.
    """
    if file.name == FILE:  # in a directory of ours; another name may stand wherever it was copied to
        check_private(file.parent)
    try:
        connection = read(file)
        if connection.machine == socket.gethostname():
            os.kill(connection.pid, 0)
    except (OSError, ValueError, KeyError, TypeError, NoClusterError):
        raise NoClusterError(
            f"no coordinator lives in {file.parent}. Start one with `coordinator`, and workers with `worker --count "
            f"2`; or let `cluster run` start its own."
        ) from None
    return connection


def read(file: Path) -> Connection:
    """What a connection file says. OSError, ValueError, KeyError, TypeError when it is none; see `find`, too."""
    found = json.loads(file.read_text("utf-8"))
    keys = found["keys"]
    if keys is not None:
        check_secret(file)
        keys = Keys(keys["server"], keys["client"], keys["secret"])
        if not all(map(is_key, (keys.server, keys.client, keys.secret))):
            raise ValueError("these are no keys")
    connection = Connection(str(found["address"]), int(found["pid"]), str(found["machine"]), keys)
    if connection.pid <= 0:
        raise ValueError("to kill, zero and less mean many processes")
    if not connection.address.startswith(TCP):
        dir_of(connection.address)
    return connection


def resolve(address: str | None, file: Path | None = None) -> Connection:
    """How to reach the coordinator at `address`, or the one that a connection file leads to: the default one's.

    An address on TCP is reached with the keys of that file, which may have been copied from another machine.
    Raises NoClusterError or ClusterError, with what to do.
    """
    file = default_file() if file is None else file
    if address is None:
        return find(file)
    if not address.startswith(TCP):
        directory = dir_of(address)
        if Path(address[len(IPC) :]).is_socket():
            check_private(directory)
        return Connection(address)
    try:
        parts = tcp_address(address)
    except ClusterError as error:
        raise NoClusterError(str(error)) from None
    try:
        known = read(file)
    except (OSError, ValueError, KeyError, TypeError, NoClusterError):
        known = None
    if known is not None and (known.keys is not None or (parts.is_loopback and known.address.startswith(TCP))):
        return Connection(address, keys=known.keys)
    raise NoClusterError(
        f"{address} can only be reached with the keys of its coordinator, and {file} has none. Copy the coordinator's "
        f"connection file from its machine, with mode 0600, and name it with --connection FILE or ${FILE_VARIABLE}."
    )


def check_answers(connection: Connection) -> None:
    """Raises NoClusterError when nobody listens there: no socket is there, or one that a dead process left."""
    address = connection.address
    try:
        if address.startswith(TCP):
            parts = tcp_address(address)
            socket.create_connection((parts.host, parts.port), CONNECT_TIMEOUT_S).close()
        else:
            with socket.socket(socket.AF_UNIX) as visitor:
                visitor.settimeout(CONNECT_TIMEOUT_S)
                visitor.connect(address[len(IPC) :])
    except OSError as error:
        why = "there is no such socket" if isinstance(error, FileNotFoundError) else str(error.strerror or error)
        raise NoClusterError(
            f"nobody answers at {address}: {why}. Start a coordinator with `coordinator --bind {address}`, or "
            f"leave the address out and let `cluster run` start its own."
        ) from None


def lives(address: str, pid: int) -> bool:
    """Whether the coordinator at this address is still there: on one machine, whether it is that process."""
    try:
        if address.startswith(TCP):
            check_answers(Connection(address))
            return True
        return find(dir_of(address) / FILE).pid == pid
    except NoClusterError:
        return False
