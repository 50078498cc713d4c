"""The real poller, on pipes: what is told, to whom, and what is left registered."""

import contextlib
import gc
import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.kernel.g import G, Program
from cluster.model.ids import ProgramId
from worker.netpoll import Epoll

PROGRAM = Program(ProgramId(1))
OTHER = Program(ProgramId(2))


def g(program: Program = PROGRAM) -> G:
    return G(next(program.ids), program, print, (), None, 0)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe's two ends, read and write."""
    ends = os.pipe()
    yield ends
    for fd in ends:
        with contextlib.suppress(OSError):
            os.close(fd)


def awake(epoll: Epoll) -> bool:
    """Whether a wait of the M would end."""
    return bool(select.select([epoll.fd], [], [], 0)[0])


def test_a_pipe_is_readable_when_something_was_written_and_told_once(pipe: tuple[int, int]) -> None:
    epoll, waits = Epoll(), g()
    assert epoll.poll(waits, pipe[0], False)
    assert not awake(epoll) and epoll.ready() == []
    os.write(pipe[1], b"x")
    assert awake(epoll) and epoll.ready() == [waits]
    assert not awake(epoll) and epoll.ready() == [] and len(epoll) == 0
    assert epoll.poll(waits, pipe[0], False) and epoll.ready() == [waits], "it is still readable"


def test_all_waiters_of_one_side_are_told_and_the_other_side_waits_on(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)  # both ends in one file
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(fd, bytes(4096))
    epoll, readers, writers = Epoll(), [g(), g()], [g(), g()]
    for each in writers:
        assert epoll.poll(each, fd, True)
    for each in readers:
        assert epoll.poll(each, fd, False)
    assert epoll.ready() == readers and len(epoll) == 1 and epoll.ready() == []
    with contextlib.suppress(BlockingIOError):
        while True:
            os.read(fd, 65536)
    assert epoll.ready() == writers and len(epoll) == 0
    os.close(fd)


def test_the_end_of_a_pipe_is_told_to_both_sides(pipe: tuple[int, int]) -> None:
    epoll, reader, writer = Epoll(), g(), g()
    epoll.poll(reader, pipe[0], False)
    os.close(pipe[1])
    assert epoll.ready() == [reader]
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, bytes(4096))
    epoll.poll(writer, write, True)
    assert epoll.ready() == []
    os.close(read)
    assert epoll.ready() == [writer]
    os.close(write)


def test_a_regular_file_need_not_be_waited_for_and_a_closed_one_cannot_be(tmp_path: Path) -> None:
    epoll = Epoll()
    with (tmp_path / "file").open("w") as file:
        assert not epoll.poll(g(), file.fileno(), True)
        fd = file.fileno()
    with pytest.raises(OSError, match="Bad file descriptor"):
        epoll.poll(g(), fd, False)
    assert len(epoll) == 0


def test_who_is_forgotten_is_not_told_and_the_last_one_leaves_nothing(pipe: tuple[int, int]) -> None:
    epoll, a, b = Epoll(), g(), g()
    for each in (a, b):
        epoll.poll(each, pipe[0], False)
    epoll.forget(a, pipe[0], False)
    os.write(pipe[1], b"x")
    assert epoll.ready() == [b]
    epoll.poll(a, pipe[0], False)
    epoll.forget(a, pipe[0], False)
    epoll.forget(a, pipe[0], False)
    assert len(epoll) == 0 and not awake(epoll)


def test_a_file_that_was_closed_meanwhile_and_another_of_its_number_are_no_trouble(pipe: tuple[int, int]) -> None:
    epoll, old, new = Epoll(), g(), g()
    epoll.poll(old, pipe[0], False)
    os.close(pipe[0])
    read, write = os.pipe()
    os.dup2(read, pipe[0])
    assert epoll.poll(new, pipe[0], False)
    os.write(write, b"x")
    assert epoll.ready() == [old, new]
    epoll.poll(new, read, False)
    os.close(read)
    epoll.forget(new, read, False)
    assert len(epoll) == 0
    os.close(write)


def test_the_duplicate_of_a_closed_file_does_not_keep_the_m_awake(pipe: tuple[int, int]) -> None:
    epoll, reader, writer = Epoll(), g(), g()
    duplicate = os.dup(pipe[0])
    epoll.poll(reader, pipe[0], False)
    epoll.poll(writer, pipe[0], True)  # which never comes
    os.close(pipe[0])
    os.write(pipe[1], b"x")
    assert epoll.ready() == [reader]
    assert not awake(epoll)
    os.close(duplicate)


class Closable:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1
        raise OSError("not open")


def test_a_program_that_is_dropped_leaves_nothing(pipe: tuple[int, int]) -> None:
    epoll, mine, others = Epoll(), g(), g(OTHER)
    files = [Closable(), Closable(), Closable()]
    for each, program in zip(files, (PROGRAM, PROGRAM, OTHER), strict=True):
        epoll.adopt(program, each)
    epoll.poll(mine, pipe[0], False)
    epoll.poll(mine, pipe[1], False)
    epoll.poll(others, pipe[0], False)
    epoll.drop(PROGRAM)
    assert len(epoll) == 1 and [each.closed for each in files] == [1, 1, 0]
    os.write(pipe[1], b"x")
    assert epoll.ready() == [others]
    epoll.drop(PROGRAM)
    files.pop()
    gc.collect()
    epoll.drop(OTHER)
    assert [each.closed for each in files] == [1, 1]
