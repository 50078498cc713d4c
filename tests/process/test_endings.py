"""How `cluster run` reports a panic, a fatal error and a deadlock: Go's words, exit code 2."""

import re

import pytest

from tests.process.place import Place, first_line

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
        """
        import os
        from cluster import Chan, Panic, go, sleep
        async def child(home):
            if os.getpid() != home:
                raise Panic("elsewhere")
            await sleep(60)
        async def main():
            for _ in range(40):
                go(child, os.getpid())
            await Chan().recv()
        """,
        "-p", "2",
    )  # fmt: skip
    first, blank, running = done.err.splitlines()[:3]
    assert (done.code, first, blank) == (2, "panic: elsewhere", "")
    assert re.fullmatch(r"goroutine ([2-9]|[1-4]\d) \[running\]:", running)
    assert "created by main.main" in done.err


def test_a_panic_that_a_far_channel_causes_is_raised_where_it_was_awaited(place: Place) -> None:
    done = place.program(
        """
        import os
        from cluster import *
        async def child(closed, said, home):
            try:
                await closed.send(1)
            except Panic as panic:
                await said.send((os.getpid() != home, str(panic)))
        async def main():
            closed, said = Chan(), Chan()
            closed.close()
            for _ in range(20):
                go(child, closed, said, os.getpid())
            print(sorted({await said.recv() for _ in range(20)}))
        """,
        "-p", "2",
    )  # fmt: skip
    assert done.out in (
        "[(False, 'send on closed channel'), (True, 'send on closed channel')]\n",
        "[(True, 'send on closed channel')]\n",
    ), done


def test_a_deadlock_of_main_is_reported_with_its_wait_reason(place: Place) -> None:
    done = place.program("from cluster import Chan\nasync def main():\n    await Chan().recv()")
    assert done.code == 2
    assert done.err.startswith(
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main(...)\n"
    )
    assert f"\t{place.path}/app.py:3" in done.err


WAITING = """
    import os
    from cluster import Chan, WaitGroup, go, gosched
    async def arrive(here):
        for _ in range(20):
            sum(range(20_000))
            await gosched()
        await here.send(os.getpid())
    async def receive(here, chan): await arrive(here); await chan.recv()
    async def send(here, chan): await arrive(here); await chan.send(1)
    async def wait(here, group): await arrive(here); await group.wait()
    async def main():
        here, silent, deaf, group = Chan(), Chan(), Chan(), WaitGroup()
        group.add(1)
        for _ in range(10):
            go(receive, here, silent)
            go(send, here, deaf)
            go(wait, here, group)
        print(len({await here.recv() for _ in range(30)}), flush=True)
        await silent.recv()
"""


def test_a_deadlock_of_goroutines_on_several_ms_is_reported_with_all_of_them(place: Place) -> None:
    done = place.program(WAITING, "-p", "2")
    assert (done.code, done.out) == (2, "2\n")
    head, *dumps = done.err.strip().split("\n\n")
    assert head == "fatal error: all goroutines are asleep - deadlock!"
    found = [
        re.match(r"goroutine (\d+) \[([\w ]+)\]:\nmain\.(\w+)\(\.\.\.\)\n\t\S+app\.py:\d+", text) for text in dumps
    ]
    assert all(found), done.err
    rows = [(int(match[1]), match[2], match[3]) for match in found if match is not None]
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)  # main first, then as they were made
    assert rows[0] == (1, "chan receive", "main")
    reasons = sorted(row[1:] for row in rows[1:])
    assert reasons == sorted(
        [("chan receive", "receive")] * 10 + [("chan send", "send")] * 10 + [("semacquire", "wait")] * 10
    )
    assert all("created by main.main" in text for text in dumps[1:])


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
