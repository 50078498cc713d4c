"""The terminal of a command is as it was, whoever of the cluster dies: modes, echo and cursor."""

import os
import signal
import subprocess
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.process.place import Place, descendants, gone, until

pytestmark = pytest.mark.timeout(60)

LASTING = "from cluster import sleep\nasync def main():\n    print('up')\n    await sleep(60)"
CURSOR_OFF, CURSOR_ON = b"\x1b[?25l", b"\x1b[?25h"
OTHER_SCREEN, FIRST_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"


@dataclass
class Terminal:
    """A pseudo terminal: `outside` is the side of who sits before it."""

    outside: int
    inside: int
    shown: bytes = b""

    @property
    def modes(self) -> list[Any]:
        return termios.tcgetattr(self.inside)

    def shows(self, text: bytes) -> bool:
        """Whether that has appeared by now."""
        try:
            while chunk := os.read(self.outside, 1 << 16):
                self.shown += chunk
        except BlockingIOError:
            pass
        return text in self.shown

    def echoes(self) -> bool:
        """Whether what is typed appears, and a line can be read."""
        os.write(self.outside, b"typed\n")
        line = os.read(self.inside, 100)
        until(lambda: self.shows(b"typed"), "its echo")
        return line == b"typed\n"


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    outside, inside = os.openpty()
    os.set_blocking(outside, False)
    yield Terminal(outside, inside)
    os.close(outside)
    os.close(inside)


Victim = Callable[[subprocess.Popen[str]], int]


def named(word: str) -> Victim:
    """The process below a command whose command line has that word."""
    return lambda command: next(p.pid for p in descendants(command) if word in " ".join(p.cmdline()))


@pytest.mark.parametrize(
    ("victim", "number"),
    [
        (lambda command: command.pid, signal.SIGKILL),
        (lambda command: command.pid, signal.SIGTERM),
        (lambda command: command.pid, signal.SIGINT),
        (named("coordinator"), signal.SIGKILL),
        (named("worker"), signal.SIGKILL),
    ],
    ids=["client killed", "client terminated", "Ctrl-C", "coordinator killed", "worker killed"],
)
def test_after_a_run_the_terminal_is_as_it_was(
    place: Place, terminal: Terminal, victim: Victim, number: signal.Signals
) -> None:
    before = terminal.modes
    file = place.write("app.py", LASTING)
    command = place.start("-m", "cluster", "run", file, stdin=terminal.inside, stdout=terminal.inside)
    until(lambda: terminal.shows(b"up"), "the program's first line")
    below = descendants(command)
    os.kill(victim(command), number)
    command.wait(20)
    until(lambda: all(gone(child.pid) for child in below), "the end of all")
    as_it_was(terminal, before)


@pytest.mark.parametrize("dies", ["top", "coordinator"])
def test_after_top_the_terminal_is_as_it_was(place: Place, terminal: Terminal, dies: str) -> None:
    before = terminal.modes
    coordinator, _ = place.cluster(procs=1, workers=1)
    command = place.start("-m", "cluster", "top", "--every-s", "0.1", stdin=terminal.inside, stdout=terminal.inside)
    until(lambda: terminal.shows(b"GOMAXPROCS"), "the first status")
    (command if dies == "top" else coordinator).kill()
    command.wait(30)
    as_it_was(terminal, before)


def as_it_was(terminal: Terminal, before: list[Any]) -> None:
    assert terminal.modes == before
    assert terminal.echoes()
    for off, on in ((CURSOR_OFF, CURSOR_ON), (OTHER_SCREEN, FIRST_SCREEN)):
        assert terminal.shown.count(off) == terminal.shown.count(on), "left as no shell expects it"
