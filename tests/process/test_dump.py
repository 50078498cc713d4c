"""`cluster dump` and `cluster top`: what the goroutines of a running cluster do, seen from another terminal."""

import os
import re
import signal

import pytest

from tests.process.place import Place, descendants, first_line, until

pytestmark = pytest.mark.timeout(60)

WAITING = """
    from cluster import Chan, go, sleep
    async def waits(chan):
        await chan.recv()
    async def main():
        chan = Chan()
        go(waits, chan)
        go(sleep, 60)
        print("up")
        await Chan().recv()
"""
BUSY = """
    import os
    async def main():
        print("up", os.getpid())
        while True:
            pass
"""


@pytest.mark.parametrize(("text", "state"), [(WAITING, "chan receive"), (BUSY, "running|runnable")])
def test_dump_shows_what_every_goroutine_does(place: Place, text: str, state: str) -> None:
    place.cluster(procs=2, workers=2)
    program = place.start("-m", "cluster", "run", place.write("app.py", text))
    first_line(program, "up")
    patterns = [rf"^goroutine 1 \[({state})\]:\nmain\.main\(\.\.\.\)$"]
    if text is WAITING:
        patterns.append(r"^goroutine \d+ \[chan receive\]:\nmain\.waits\(\.\.\.\)$")

    def all_are_shown() -> bool:
        done = place.run("-m", "cluster", "dump")
        assert done.code == 0 and "program 1: " in done.err
        return all(re.search(pattern, done.out, re.MULTILINE) for pattern in patterns)

    until(all_are_shown, f"{patterns}: some may not wait yet, and an M that is late by a second is left out")


def test_dump_of_no_program_is_empty_and_of_an_unknown_one_an_error(place: Place) -> None:
    place.cluster()
    assert place.run("-m", "cluster", "dump").out == ""
    done = place.run("-m", "cluster", "dump", "--program", "4")
    assert done.code == 1 and "there is no program 4" in done.err


def test_dump_does_not_wait_for_an_m_that_is_stopped(place: Place) -> None:
    _, worker = place.cluster(procs=1, workers=2)
    program = place.start("-m", "cluster", "run", place.write("app.py", BUSY))
    _, busy = first_line(program, "up").split()
    idle = next(m for m in descendants(worker) if m.pid != int(busy))
    os.kill(idle.pid, signal.SIGSTOP)
    done = place.run("-m", "cluster", "dump")
    os.kill(idle.pid, signal.SIGCONT)
    assert done.code == 0


def test_top_shows_the_status_again_and_again(place: Place) -> None:
    place.cluster(procs=2, workers=2)
    done = place.run("-m", "cluster", "top", "--times", "2", "--every-s", "0.1")
    assert done.code == 0 and done.out.count("GOMAXPROCS 2") == 2
