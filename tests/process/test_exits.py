"""How real programs end by exit, Goexit and fatal errors: inside the call, with all output, on one M and on two."""

import re

import pytest

from tests.process.place import Place
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)

ON = pytest.mark.parametrize("options", [("-p", "1", "-w", "1"), ("-p", "2", "-w", "2")], ids=["one M", "two Ms"])
OTHERS = """
    from cluster import *
    async def waits(chan):
        try:
            await chan.recv()
        finally:
            print("finally of another")
    async def shout(body):
        try:
            body()
        except BaseException:
            print("except")
        finally:
            print("finally")
"""


@ON
def test_exit_ends_the_program_inside_the_call(place: Place, options: tuple[str, ...]) -> None:
    text = spreading(
        OTHERS
        + """
    def ends():
        print("last words", end="")
        exit(7)
        print("not reached")
    async def main():
        await spread(nothing, ms=MS)
        chan = Chan()
        for _ in range(10):
            go(waits, chan)
        await sleep(0.1)
        go(shout, ends)
        await chan.recv()
    """
    )
    done = place.program(text.replace("MS", options[3]), *options)
    assert (done.code, done.out, done.err) == (7, "last words", "")


def test_exit_zero_of_a_goroutine_is_success_while_main_waits(place: Place) -> None:
    done = place.program("from cluster import *\nasync def main():\n    go(exit, 0); await Chan().recv()")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_system_exit_that_leaves_a_goroutine_is_exit_and_runs_its_finally(place: Place) -> None:
    done = place.program(
        """
        import sys
        from cluster import *
        async def ends():
            try: sys.exit(5)
            finally: print("finally")
        async def main():
            go(ends); await Chan().recv()
        """
    )
    assert (done.code, done.out, done.err) == (5, "finally\n", "")


@ON
def test_a_fatal_error_ends_the_program_inside_the_call_and_dumps_all(place: Place, options: tuple[str, ...]) -> None:
    text = spreading(
        OTHERS
        + """
    async def main():
        await spread(nothing, ms=MS)
        chan = Chan()
        for _ in range(6):
            go(waits, chan)
        await sleep(0.1)
        go(shout, lambda: go(None))
        await chan.recv()
    """
    )
    done = place.program(text.replace("MS", options[3]), *options)
    assert (done.code, done.out) == (2, "")
    head, running, *others = done.err.rstrip("\n").split("\n\n")
    assert head == "fatal error: go of nil func value"
    assert re.match(r"goroutine \d+ \[running\]:\nmain\.main\.<locals>\.<lambda>\(\.\.\.\)\n", running)
    assert running.splitlines()[-2:] == ["created by main.main", f"\t{place.path}/app.py:48"]
    assert others[0].startswith("goroutine 1 [chan receive]:\nmain.main(...)")
    assert len([other for other in others if "main.waits(...)" in other]) == 6
    numbers = [int(re.match(r"goroutine (\d+) \[", other)[1]) for other in others]  # type: ignore[index]
    assert numbers == sorted(numbers)


@ON
def test_main_may_exit_while_others_go_on(place: Place, options: tuple[str, ...]) -> None:
    text = (
        OTHERS
        + """
    async def last(n):
        await sleep(0.05)
        print("last", n)
    async def main():
        for n in range(4):
            go(last, n)
        try:
            goexit()
        finally:
            print("main")
    """
    )
    done = place.program(text, *options)
    assert (done.code, sorted(done.lines)) == (2, ["last 0", "last 1", "last 2", "last 3", "main"])
    assert done.err == "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n"


@ON
def test_the_rest_that_blocks_after_main_has_exited_is_the_usual_deadlock(
    place: Place, options: tuple[str, ...]
) -> None:
    text = (
        OTHERS
        + """
    async def blocks():
        await Chan().send(1)
    async def main():
        go(blocks)
        goexit()
    """
    )
    done = place.program(text, *options)
    head, dump = done.err.split("\n\n")
    assert (done.code, head) == (2, "fatal error: all goroutines are asleep - deadlock!")
    assert re.match(r"goroutine \d+ \[chan send\]:\nmain\.blocks\(\.\.\.\)\n\t", dump)


def test_a_goroutine_may_exit_the_program_that_main_has_left(place: Place) -> None:
    done = place.program("from cluster import *\nasync def main():\n    after = sleep\n    go(exit, 3); goexit()")
    assert (done.code, done.err) == (3, "")


def test_an_exit_in_a_shared_cluster_leaves_other_programs_alone(place: Place) -> None:
    place.cluster(procs=1, workers=1)
    lives = place.write(
        "lives.py",
        """
        import os
        from cluster import *
        async def main():
            while not os.path.exists("go on"):
                await sleep(0.01)
            print("alive")
        """,
    )
    other = place.start("-m", "cluster", "run", lives)
    for code in (3, 4, 5):
        assert place.program(f"from cluster import *\nasync def main(): exit({code})").code == code
    place.write("go on", "")
    out, err = other.communicate(timeout=20)
    assert (other.returncode, out, err) == (0, "alive\n", "")


BUG = """
import os, sys
from worker.nursery import Nursery
def body(index, parent_fd):
    raise ZeroDivisionError("a bug of ours")
Nursery(body, print).fork(1)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_an_m_that_a_bug_ends_says_where(place: Place) -> None:
    done = place.run("-c", BUG)
    assert (done.out, done.code) == ("1\n", 0)
    assert done.err.startswith("Traceback") and "in body" in done.err and "a bug of ours" in done.err
