"""How `cluster run` reports a panic, a fatal error and a deadlock: Go's words, exit code 2."""

import re
from collections import Counter

import pytest

from tests.process.place import Place, first_line
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)


def test_a_panic_of_main_is_printed_as_go_prints_it(place: Place) -> None:
    done = place.program('from cluster import Panic\nasync def main(): raise Panic("boom")')
    lines = done.err.splitlines()
    assert done.code == 2
    assert lines[:4] == ["panic: boom", "", "goroutine 1 [running]:", "Traceback (most recent call last):"]
    assert 'raise Panic("boom")' in done.err
    assert "worker/" not in done.err  # no frames of ours
    assert "kernel/" not in done.err


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("{}['k']", "panic: KeyError: 'k'"),
        ("raise Panic(ValueError('of a value'))", "panic: of a value"),
        ("raise Panic(42)", "panic: 42"),
        ("raise Panic()", "panic: nil"),
        ("c = Chan(); c.close(); c.close()", "panic: close of closed channel"),
        ("c = Chan(); c.close(); await c.send(1)", "panic: send on closed channel"),
        ("WaitGroup().done()", "panic: sync: negative WaitGroup counter"),
    ],
)
def test_the_panic_line_is_gos_for(place: Place, raised: str, said: str) -> None:
    done = place.program(f"from cluster import *\nasync def main():\n    {raised}")
    assert (done.code, done.err.splitlines()[:3]) == (2, [said, "", "goroutine 1 [running]:"])


def test_a_panic_of_any_goroutine_on_any_m_ends_the_program(place: Place) -> None:
    done = place.program(
        spreading("""
        async def child(home):
            if os.getpid() != home:
                raise Panic("elsewhere")
            await sleep(60)
        async def main():
            await spread(child, os.getpid())
            await Chan().recv()
        """),
        "-p", "2",
    )  # fmt: skip
    first, blank, running = done.err.splitlines()[:3]
    assert (done.code, first, blank) == (2, "panic: elsewhere", "")
    assert re.fullmatch(r"goroutine ([2-9]|[1-9]\d+) \[running\]:", running)
    assert "created by main.spread" in done.err


def test_a_panic_that_a_far_channel_causes_is_raised_where_it_was_awaited(place: Place) -> None:
    done = place.program(
        spreading("""
        async def child(closed, said, home):
            try:
                await closed.send(1)
            except Panic as panic:
                await said.send((os.getpid() != home, str(panic)))
        async def main():
            closed, said = Chan(), Chan()
            closed.close()
            count, _ = await spread(child, closed, said, os.getpid())
            for line in sorted({await said.recv() for _ in range(count)}):
                print(*line)
        """),
        "-p", "2",
    )  # fmt: skip
    assert done.lines[-1] == "True send on closed channel", done
    assert set(done.lines[:-1]) <= {"False send on closed channel"}


def test_a_deadlock_of_main_is_reported_with_its_wait_reason(place: Place) -> None:
    done = place.program("from cluster import Chan\nasync def main():\n    await Chan().recv()")
    assert done.code == 2
    assert done.err.startswith(
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main(...)\n"
    )
    assert f"\t{place.path}/app.py:3" in done.err


WAITING = spreading("""
    from cluster import WaitGroup
    async def receive(chan): await chan.recv()
    async def send(chan): await chan.send(1)
    async def wait(group): await group.wait()
    async def main():
        silent, deaf, group = Chan(), Chan(), WaitGroup()
        group.add(1)
        print(*[(await spread(fn, what))[0] for fn, what in ((receive, silent), (send, deaf), (wait, group))])
        await silent.recv()
""")


def test_a_deadlock_of_goroutines_on_several_ms_is_reported_with_all_of_them(place: Place) -> None:
    done = place.program(WAITING, "-p", "2")
    assert done.code == 2
    receivers, senders, waiters = map(int, done.out.split())
    head, *dumps = done.err.strip().split("\n\n")
    assert head == "fatal error: all goroutines are asleep - deadlock!"
    found = [
        re.match(r"goroutine (\d+) \[([\w ]+)\]:\nmain\.(\w+)\(\.\.\.\)\n\t\S+app\.py:\d+", text) for text in dumps
    ]
    assert all(found), done.err
    rows = [(int(match[1]), match[2], match[3]) for match in found if match is not None]
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)  # main first, then as they were made
    assert rows[0] == (1, "chan receive", "main")
    assert Counter(row[1:] for row in rows[1:]) == {
        ("chan receive", "receive"): receivers,
        ("chan send", "send"): senders,
        ("semacquire", "wait"): waiters,
    }
    assert all("created by main.spread" in text for text in dumps[1:])


def test_a_program_whose_goroutines_sleep_is_no_deadlock(place: Place) -> None:
    done = place.program(
        """
        from cluster import Chan, go, sleep
        async def late(chan):
            await sleep(0.7)
            await chan.send("woken")
        async def main():
            chan = Chan()
            for _ in range(4):
                go(late, chan)
            for _ in range(4):
                await chan.recv()
            print("woken")
        """,
        "-p", "2",
    )  # fmt: skip
    assert (done.code, done.out, done.err) == (0, "woken\n", "")


def test_a_deadlock_in_a_shared_cluster_ends_only_its_own_program(place: Place) -> None:
    place.cluster()
    place.write("lives.py", "from cluster import sleep\nasync def main():\n    print('up'); await sleep(60)")
    lives = place.start("-m", "cluster", "run", "lives.py")
    assert first_line(lives) == "up"
    dead = place.program("from cluster import Chan\nasync def main():\n    await Chan().recv()")
    assert (dead.code, dead.err.splitlines()[0]) == (2, "fatal error: all goroutines are asleep - deadlock!")
    assert lives.poll() is None


def test_go_of_nothing_is_fatal(place: Place) -> None:
    done = place.program("from cluster import go\nasync def main(): go(None)")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("fatal error: go of nil func value\n\ngoroutine 1 [running]:\n")
