"""A test's own place: a short directory with a cluster's sockets, programs and temporary files, and what ran there.

Nothing outside of it is touched, so any number of these tests can run at the same time. All that a
test starts there is ended with the place, by its process id.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType
from typing import IO, Final, TypeVar

import psutil

from tests.process.hand import Hand
from tests.process.patience import PATIENCE_S

T = TypeVar("T")
FORGOTTEN: Final = ("GOMAXPROCS", "GODEBUG", "XDG_RUNTIME_DIR")  # settings of whoever runs the tests


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Place:
    """A directory for one test. `close` ends what was started and removes it."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        """`patience_s`: for a command to come to its end."""
        self._patience_s: Final = patience_s
        self.path: Final = Path(tempfile.mkdtemp(prefix="gmpt-", dir="/tmp"))  # short: sockets live below
        self.cluster_dir: Final = self.path / "c"
        self.address: Final = f"ipc://{self.cluster_dir}/coordinator.sock"
        self._started: list[subprocess.Popen[str]] = []

    def write(self, name: str, text: str) -> Path:
        """A file with this text, less its common indentation."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), "utf-8")
        # A second edit in the same second, of the same length, looks like none to Python's cache of modules.
        os.utime(path, ns=(time.time_ns(), time.time_ns()))
        return path

    def environ(self, env: Mapping[str, str]) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
        place = {"GMP_CLUSTER_DIR": str(self.cluster_dir), "TMPDIR": str(self.path), "PYTHONDONTWRITEBYTECODE": "1"}
        place["PYTHONFAULTHANDLER"] = "1"  # see where_all_stand
        return ours | place | dict(env)

    def start(
        self, *command: str | Path, stdin: int | IO[str] = subprocess.DEVNULL, stdout: int | IO[str] = subprocess.PIPE,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.Popen[str]:  # fmt: skip
        """Start `python …` here. Its output goes to pipes: keep it short, or read it."""
        process = subprocess.Popen(
            [sys.executable, *map(str, command)], cwd=self.path, env=self.environ(env), text=True,
            stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._started.append(process)
        return process

    def run(self, *command: str | Path, stdin: str = "", **env: str) -> Done:
        """Run `python …` here to its end."""
        begin = time.monotonic()
        process = self.start(*command, stdin=subprocess.PIPE, env=env)
        try:
            out, err = process.communicate(stdin, self._patience_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{command} hangs:\n{where_all_stand(process)}") from None
        return Done(process.returncode, out, err, time.monotonic() - begin)

    def program(self, text: str, *options: str, arguments: tuple[str, ...] = (), **env: str) -> Done:
        """`cluster run OPTIONS app.py ARGUMENTS`, where app.py has this text."""
        path = self.write("app.py", text)
        return self.run("-m", "cluster", "run", *options, path, *arguments, **env)

    def cluster(self, procs: int = 2, workers: int = 2) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
        """A coordinator and one `worker` command, started by hand; returns when all Ms are members."""
        coordinator = self.coordinator(procs)
        worker = self.start("-m", "worker", "--count", str(workers))
        self.wait_for_ms(workers)
        return coordinator, worker

    def coordinator(self, procs: int = 2) -> subprocess.Popen[str]:
        """A coordinator, started by hand; returns when it can be found."""
        coordinator = self.start("-m", "coordinator", "--procs", str(procs))
        self.wait_for_sockets("connection.json", 1)
        return coordinator

    def wait_for_sockets(self, pattern: str, count: int) -> None:
        """Until so many files are in the cluster's directory."""
        until(lambda: len(list(self.cluster_dir.glob(pattern))) >= count, f"{count} {pattern} in the directory")

    def wait_for_ms(self, count: int) -> None:
        """Until the coordinator has so many Ms: an M has its socket before it is a member."""
        with Hand(self.address) as visitor:
            until(lambda: len(visitor.status().ms) >= count, f"{count} Ms")

    def sockets(self) -> list[str]:
        """What is left in the cluster's directory that would lead to it."""
        return sorted(path.name for path in self.cluster_dir.glob("*") if path.suffix in (".sock", ".json"))

    def embedded(self) -> list[Path]:
        """Directories of embedded clusters."""
        return sorted(self.path.glob("gmp-*"))

    def close(self) -> list[Path]:
        """End what was started and remove the directory; the directories of embedded clusters that were left in it."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()  # a killed parent's children end by themselves, and close the pipes
        give_up = time.monotonic() + PATIENCE_S
        while (left := self.embedded()) and time.monotonic() < give_up:
            time.sleep(0.01)
        shutil.rmtree(self.path, ignore_errors=True)
        return left


def where_all_stand(process: subprocess.Popen[str]) -> str:
    """The stacks of all threads of a process and those below it, with what they have printed; it ends them."""
    for each in [*descendants(process), process]:
        each.send_signal(signal.SIGABRT)
    out, err = process.communicate()
    return f"{out}\n{err}"


def until(condition: Callable[[], T], what: str, seconds: float = PATIENCE_S) -> T:
    """Wait for a condition, and return what it came to; an assertion that names `what` when it is not true in time."""
    give_up = time.monotonic() + seconds
    while not (came_to := condition()):
        assert time.monotonic() < give_up, f"not in {seconds} s: {what}"
        time.sleep(0.005)
    return came_to


def first_line(process: subprocess.Popen[str], beginning: str = "") -> str:
    """The first line of its output that begins so; what came before is forgotten, what comes later is left."""
    assert process.stdout is not None
    while line := next_line(process.stdout):
        if line.startswith(beginning):
            return line.rstrip("\n")
    raise AssertionError(f"the output of {process.args!r} ended without a line {beginning!r}…")


def next_line(pipe: IO[str]) -> str:
    """The next line, and no byte more: what `readline` takes with it `communicate` does not find. "" at the end."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(pipe.fileno(), 1)):
        line += byte
    return line.decode()


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """All processes below one, at this moment."""
    return psutil.Process(process.pid).children(recursive=True)


def gone(pid: int) -> bool:
    """Whether a process has ended; as a zombie it has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def one_paragraph(err: str, says: str) -> None:
    """Check what a user reads after a mistake: one paragraph that says so, and nothing of our insides."""
    text = err.strip()
    assert re.search(says, text), f"no word of {says!r} in:\n{err}"
    assert "Traceback" not in text, f"a traceback of ours:\n{err}"
    assert "\n\n" not in text, f"more than one paragraph:\n{err}"
