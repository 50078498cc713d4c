"""Started goroutines that leave a busy M for an idle one, on real processes; and those that cannot."""

import json
import os
import re
from textwrap import dedent
from typing import Final

import pytest

from cluster.wire import frame
from tests.process.place import Place

pytestmark = [pytest.mark.timeout(60), pytest.mark.skipif(not frame.available, reason=frame.why_not)]

# All goroutines begin on one M; then there is a second P, and they compute.
CROWD: Final = '''
import os, sys, time
from cluster import Chan, call, go, gomaxprocs, gosched, goid, lock_os_thread, panic, sleep, stack


def compute():
    end = time.thread_time() + 0.003
    while time.thread_time() < end:
        pass


async def crowd(fn, *args):
    """Start `fn(gate, i, *arg)` for each of `args`; all have begun when the gate opens."""
    await gomaxprocs(1)
    gate = Chan()
    for i, arg in enumerate(args):
        go(fn, gate, i, arg)
    while (await stack(True)).count("[chan receive") < len(args):
        await sleep(0.005)
    await gomaxprocs(2)
    gate.close()


async def until_moved():
    """Compute until this goroutine is on another M."""
    here = os.getpid()
    while os.getpid() == here:
        compute()
        await gosched()


'''


def crowd(text: str) -> str:
    return CROWD + dedent(text)


def test_goroutines_that_have_begun_go_to_an_m_that_is_idle(place: Place) -> None:
    done = place.program(
        crowd("""
            async def counts(gate, i, out):
                pids = [os.getpid()]
                seen = []
                try:
                    await gate.recv()
                    while len(pids) == 1 and not os.path.exists("moved"):  # until one of them is elsewhere
                        compute()
                        seen.append(len(seen))
                        await gosched()
                        if os.getpid() != pids[-1]:
                            pids.append(os.getpid())
                            open("moved", "w").close()
                finally:
                    print("finally", i)
                await out.send((i, goid(), len(pids) > 1, seen == list(range(len(seen)))))
            async def main():
                out = Chan()
                await crowd(counts, *[out] * 8)
                got = sorted([await out.recv() for _ in range(8)])
                print([i for i, *_ in got], len({g for _, g, *_ in got}))
                print(any(moved for *_, moved, _ in got), all(right for *_, right in got))
        """),
        "-p", "2", "-w", "2",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert sorted(done.lines[:8]) == [f"finally {i}" for i in range(8)]
    assert done.lines[8:] == [f"{list(range(8))} 8", "True True"]


def test_moveoff_keeps_them_where_they_are(place: Place) -> None:
    done = place.program(
        crowd("""
            async def counts(gate, i, out):
                here = os.getpid()
                await gate.recv()
                for n in range(30):
                    compute()
                    await gosched()
                await out.send(os.getpid() == here)
            async def main():
                out = Chan()
                await crowd(counts, *[out] * 4)
                print([await out.recv() for _ in range(4)])
        """),
        "-p", "2", "-w", "2", GODEBUG="moveoff=1",
    )  # fmt: skip
    assert done.out == "[True, True, True, True]\n", done.err


@pytest.mark.parametrize("last", ["panic('at sea')", "return 'home'"])
def test_what_a_moved_main_does_is_what_main_does(place: Place, last: str) -> None:
    """It panics with its frames in the traceback, or ends the program. By itself main moves seldom: see --chaos."""
    place.coordinator(procs=2)
    place.start("-m", "worker", "--count", "2", "--chaos", "1")
    place.wait_for_ms(2)
    done = place.program(
        crowd(f"""
            async def deep(n):
                if n:
                    return await call(deep, n - 1)
                await until_moved()
                {last}
            async def yields():
                while True:
                    await gosched()
            async def main():
                for _ in range(3):
                    go(yields)
                print(await deep(30))
        """)
    )
    if "panic" in last:
        assert done.code == 2 and done.err.startswith("panic: at sea\n\ngoroutine 1 [running]:\nTraceback"), done.err
        assert "[Previous line repeated 26 more times]" in done.err and ", in main" in done.err
    else:
        assert (done.code, done.out, done.err) == (0, "home\n", "")


@pytest.mark.parametrize(
    ("block", "end", "env"),
    [
        ("open('over', 'rb').read()", "open('over', 'wb').close()", {}),
        ("while not os.path.exists('over'): pass", "os.mkdir('over')", {"GODEBUG": "asyncpreemptoff=1"}),
    ],
    ids=["blocked", "hog"],
)
def test_those_who_wait_behind_a_goroutine_that_keeps_its_m_go_elsewhere(
    place: Place, block: str, end: str, env: dict[str, str]
) -> None:
    """They have begun, and chat; the sysmon thread gives them away while the main thread is not to be had.

    It keeps its M until the last of them, elsewhere, ends that.
    """
    if "wb" in end:
        os.mkfifo(place.path / "over")
    done = place.program(
        crowd(f"""
            import contextlib
            async def chats(gate):
                here = os.getpid()
                await gate.recv()
                for _ in range(20_000):
                    await gosched()
                while os.getpid() == here:
                    await gosched()
                print("chats")
                with open("ended", "a") as ended:
                    ended.write("x")
                if os.path.getsize("ended") == 7:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir("all")
                        {end}
            async def sticks(gate):
                lock_os_thread()  # else it may be the one that moves
                await gate.recv()
                for _ in range(20_000):
                    await gosched()
                {block}
                print("sticks")
            async def chats_or_sticks(gate, i, done):
                await (sticks if i == 4 else chats)(gate)
                await done.send(None)
            async def main():
                done = Chan()
                await crowd(chats_or_sticks, *[done] * 8)
                for _ in range(8):
                    await done.recv()
        """),
        "-p", "2", "-w", "2", **env,
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert sorted(done.lines) == ["chats"] * 7 + ["sticks"]


IMMOVABLE: Final = {
    "open(sys.argv[0])": "TextIOWrapper: cannot pickle 'TextIOWrapper' object: an open file of this process",
    "socket.socket()": "socket: cannot pickle 'socket' object",
    "threading.Lock()": "lock: cannot pickle '_thread.lock' object",
    "csv.reader(['a', 'b'])": "reader: cannot pickle '_csv.reader' object",
    "Stubborn()": "Stubborn: it will not",
    "bytes(100 << 20)": "bytes: more than 64 MiB (MOVE_BYTES_MAX): a goroutine of that size stays where it is",
}


def test_what_cannot_move_stays_says_why_and_ends_as_if_nothing_had_been(place: Place) -> None:
    done = place.program(
        crowd(f"""
            import csv, json, re, socket, threading
            class Stubborn:
                def __reduce__(self):
                    raise TypeError("it will not")
            async def holds(gate, i, what):
                here = os.getpid()
                held = eval(what)
                await gate.recv()
                while not len(enough):
                    compute()
                    await gosched()
                print("right" if os.getpid() == here and type(held).__name__ in repr(type(held)) else "wrong")
                await ends.send(i)
            async def main():
                global enough, ends
                enough, ends = Chan(1), Chan()
                kinds = {list(IMMOVABLE)!r}
                await crowd(holds, *kinds)
                why = {{}}
                while len(why) < len(kinds):
                    for line in re.findall(r"runtime: pinned: (holds .*'held': .*)", await stack(True)):
                        why[re.sub(r":\\d+", ":9", line)] = None
                    await sleep(0.01)
                await enough.send(None)
                for _ in kinds:
                    await ends.recv()
                print(json.dumps(list(why)))
        """),
        "-p", "2", "-w", "2",
    )  # fmt: skip
    assert done.code == 0, done.err
    *ended, reasons = done.lines
    assert ended == ["right"] * len(IMMOVABLE)
    found = [re.fullmatch(r"holds \(app\.py:\d+\) local 'held': (.*)", reason) for reason in json.loads(reasons)]
    assert sorted(match.group(1) for match in found if match) == sorted(IMMOVABLE.values())
    assert len(found) == len(IMMOVABLE)


def test_what_others_cannot_read_and_what_must_not_be_copied_costs_nothing_but_a_move(place: Place) -> None:
    """A class whose copy cannot be made, a directory that ends with its owner, a generator that two share."""
    done = place.program(
        crowd("""
            import tempfile
            class Name(str):
                def __new__(cls, text, what):
                    return super().__new__(cls, text)
            def numbers():
                n = 0
                while True:
                    n += 1
                    yield n
            async def holds(gate, i, arg):
                shared, out = arg
                await gate.recv()
                name = Name("a", "b") if i % 3 == 0 else None
                with tempfile.TemporaryDirectory() as directory:
                    mine = shared if i % 3 == 1 else None
                    if i % 3 != 2:
                        del directory
                    for _ in range(60):
                        compute()
                        await gosched()
                        assert i % 3 != 2 or os.path.isdir(directory)
                        if mine is not None:
                            await out.send(next(mine))
                await out.send(0)
            async def main():
                out, shared = Chan(1000), numbers()
                await crowd(holds, *[(shared, out)] * 6)
                got = [await out.recv() for _ in range(6 + 2 * 60)]
                print(sorted(n for n in got if n) == list(range(1, 121)))
        """),
        "-p", "2", "-w", "2",
    )  # fmt: skip
    assert (done.code, done.out, done.err) == (0, "True\n", "")


def test_a_source_file_that_is_another_on_the_other_m_is_refused_by_name(place: Place) -> None:
    """The goroutine goes on at home, under the file that it began with."""
    place.write(
        "helper.py", "async def run(gate, step):\n    await gate.recv()\n    while await step():\n        pass\n"
    )
    done = place.program(
        crowd("""
            async def step():
                compute()
                await gosched()
                return not len(enough)
            import re
            async def runs(gate, i, here):
                import helper
                await helper.run(gate, step)
                print(os.getpid() == here)
                await ends.send(None)
            async def main():
                global enough, ends
                enough, ends = Chan(1), Chan()
                import helper
                with open(helper.__file__, "a") as file:
                    print("# another line\\nasync def other(): pass\\nrun = other and run", file=file)
                    print("async def run(gate, step):\\n    await step()", file=file)
                await crowd(runs, *[os.getpid()] * 3)
                while not (why := re.search("runtime: pinned: (M .*)", await stack(True))):  # not one that is preempted
                    await sleep(0.01)
                print(why[1])
                await enough.send(None)
                for _ in range(3):
                    await ends.recv()
        """),
        "-p", "2", "-w", "2",
    )  # fmt: skip
    assert done.code == 0, done.err
    why, *ended = done.lines
    assert re.match(
        r"M \d cannot take it: the code of run in \S+/helper\.py, where the goroutine comes from, is not ", why
    )
    assert f"{place.path}/helper.py here" in why
    assert ended == ["True"] * 3


def test_status_shows_what_is_pinned(place: Place) -> None:
    place.cluster(procs=2, workers=2)
    process = place.start(
        "-m", "cluster", "run", place.write("app.py", crowd("""
            import threading
            async def holds(gate, i, _):
                held = threading.Lock()
                await gate.recv()
                while True:
                    compute()
                    await gosched()
            async def main():
                await crowd(holds, 1, 2, 3)
                await sleep(60)
        """)),
    )  # fmt: skip
    pinned = 0
    while not pinned:
        assert process.poll() is None
        status = place.run("-m", "cluster", "status", "--json")
        pinned = max(m["pinned"] for m in json.loads(status.out)["ms"])
    assert "pinned" in place.run("-m", "cluster", "status").out


def test_in_a_storm_of_moves_nothing_is_lost_and_every_value_is_right(place: Place) -> None:
    """`python -m cluster.bench.storm` without options has 10,000 goroutines and 100 rounds."""
    done = place.run("-m", "cluster.bench.storm", "--goroutines", "300", "--rounds", "8", "--json")
    assert done.code == 0, done.out + done.err
    told = json.loads(done.out)
    assert told["right"] == told["ended"] == told["distinct"] == 300
    assert told["hops"] > 300, "it was no storm"
