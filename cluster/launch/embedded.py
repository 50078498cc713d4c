"""A coordinator and workers that live as long as their launcher, in a directory of their own.

Ends. `close` stops them and waits. If this process dies instead, however it dies, the kernel closes
the pipes that are their standard inputs, and they end by themselves; the last one removes the
directory. They are in a session of their own, so that Ctrl-C at the terminal reaches the launcher
alone, which then ends them in order.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from cluster.launch import premises
from cluster.launch.connection import SOCKET, Connection, check_answers, ipc_address
from cluster.model.errors import ClusterError, NoClusterError
from cluster.model.limits import START_TIMEOUT_NS

END_TIMEOUT_S: Final = 3.0
LISTENING_LOOK_S: Final = 0.002  # between two looks whether a coordinator that was started listens
_SOCKET_NAME_BYTES: Final = 32  # room for the longest socket name in the directory
_PATH_MAX: Final = 107


class Embedded:
    """Processes of one embedded cluster."""

    def __init__(
        self, procs: int, workers: int, core: int | None = None, chaos: int | None = None, pin: bool = False
    ) -> None:
        """Start them; returns before they are ready. All Ms run on `core`, if one is named; with `pin` each on one.

        `chaos`: `worker --chaos`, for tests.
        """
        self.directory: Final = _directory()
        self.address: Final = ipc_address(self.directory / SOCKET)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._names: list[str] = []
        self._listening = False
        try:
            self._start("coordinator", "--dir", str(self.directory), "--procs", str(procs), "--quiet")
            pinned = ("--core", str(core)) if core is not None else ("--pin",) if pin else ()
            fixed = ("--fixed",) if procs == workers == 1 else ()  # api.md: then all goroutines share one process
            chance = () if chaos is None else ("--chaos", str(chaos))
            self._start("worker", "--connect", self.address, "--count", str(workers), *pinned, *fixed, *chance)
        except BaseException:
            self.close()
            raise

    def _start(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-P", "-m", module, *arguments, "--exit-with-parent"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, env=_environment())
        self._processes.append(process)
        self._names.append(module)

    def check(self) -> None:
        """Raises ClusterError when one of the processes has ended."""
        for name, process in zip(self._names, self._processes, strict=True):
            if process.poll() is not None:
                raise ClusterError(
                    f"the {name} process of the embedded cluster (pid {process.pid}) ended with code "
                    f"{process.returncode} while it was needed"
                )

    def wait_listening(self) -> None:
        """Return when the coordinator can be reached by others. Raises what `check` raises, and NoClusterError."""
        give_up = time.monotonic_ns() + START_TIMEOUT_NS
        while not self._listening:
            try:
                check_answers(Connection(self.address))
                self._listening = True
            except NoClusterError:
                self.check()
                if time.monotonic_ns() > give_up:
                    raise
                time.sleep(LISTENING_LOOK_S)

    @property
    def pids(self) -> list[int]:
        """The coordinator's and the nursery's."""
        return [process.pid for process in self._processes]

    def close(self) -> None:
        """End all processes, and remove their directory. Workers first: their last words have a listener then."""
        for process in reversed(self._processes):
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
            try:
                process.wait(END_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        premises.clear(self.directory, all=True)
        shutil.rmtree(self.directory, ignore_errors=True)


def _directory() -> Path:
    """A fresh directory of mode 0700, with a name short enough for sockets in it."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    if not os.path.isdir(base) or len(os.fsencode(base)) + 2 * _SOCKET_NAME_BYTES > _PATH_MAX:
        base = "/tmp"
    return Path(tempfile.mkdtemp(prefix="gmp-", dir=base))


def _environment() -> dict[str, str]:
    """Ours, with the place of this package, for a checkout that is not installed."""
    root = str(Path(__file__).parents[2])
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if root not in paths and "site-packages" not in root:
        paths.append(root)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)} if paths else dict(os.environ)
