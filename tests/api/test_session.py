"""A client whose reader is slow: it says that it is there, and writes when it is read."""

import os
from typing import cast

import pytest

from cluster.api import session
from cluster.launch.client import Client


class Slow:
    """A client, and who reads what it writes: nothing before the third sign of life."""

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe()
        self.beats = 0
        self.read = b""

    def fileno(self) -> int:
        return self.write_fd

    def beat(self) -> None:
        self.beats += 1
        if self.beats >= 3:
            self.read += os.read(self.read_fd, 1 << 20)

    def write(self, stream: int, data: bytes) -> None:
        os.write(self.write_fd, data)


def test_who_waits_for_its_reader_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, data = Slow(), b"x" * 300_000  # a pipe holds 64 KiB
    monkeypatch.setattr(session, "BEAT_S", 0.001)
    monkeypatch.setattr("sys.stdout", slow)
    session.patient(cast("Client", slow), slow.write)(1, data)
    monkeypatch.undo()
    os.close(slow.write_fd)
    while piece := os.read(slow.read_fd, 1 << 20):
        slow.read += piece
    os.close(slow.read_fd)
    assert slow.read == data and slow.beats >= 3


def test_a_stream_without_a_reader_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    slow = Slow()
    with open(os.devnull, "w", encoding="utf-8") as nowhere, open(__file__, encoding="utf-8") as file:
        for target in (nowhere, file):
            monkeypatch.setattr("sys.stderr", target)
            session.patient(cast("Client", slow), lambda _, data: written.append(data))(2, b"line\n")
    assert written == [b"line\n"] * 2 and slow.beats == 0
