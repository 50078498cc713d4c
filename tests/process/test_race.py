"""`cluster run --race`, and GODEBUG=sharecheck=1: programs that share what they must not."""

import re

import pytest

from cluster.wire import frame
from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)

ALONE = ("-p", "1", "-w", "1")
CHEATS = """
    from cluster import Chan, after_func, go, select
    async def change(xs, done):
        xs.append("seen")
        done.close()
    async def receive(ch, done):
        await change(await ch.recv(), done)
    async def by_argument(xs, done):
        go(change, xs, done)
    async def by_closure(xs, done):
        async def closure():
            await change(xs, done)
        go(closure)
    async def by_send(xs, done):
        ch = Chan()
        go(receive, ch, done)
        await ch.send(xs)
    async def by_select(xs, done):
        ch = Chan()
        go(receive, ch, done)
        await select(ch.send(xs), Chan().recv())
    async def by_timer(xs, done):
        after_func(0, change, xs, done)
    async def main():
        for way in (by_argument, by_closure, by_send, by_select, by_timer):
            xs, done = [], Chan()
            await way(xs, done)
            await done.recv()
            print(way.__name__, xs)
"""
WAYS = ("by_argument", "by_closure", "by_send", "by_select", "by_timer")


def test_who_shares_a_list_on_one_m_sees_it_changed_and_with_race_never(place: Place) -> None:
    cheating = place.program(CHEATS, *ALONE)
    assert (cheating.code, cheating.lines, cheating.err) == (0, [f"{way} ['seen']" for way in WAYS], "")
    for options in (ALONE, ("-p", "2", "-w", "2")):
        caught = place.program(CHEATS, "--race", *options)
        assert (caught.code, caught.lines, caught.err) == (0, [f"{way} []" for way in WAYS], "")


def test_a_program_that_does_not_cheat_does_the_same_in_a_race(place: Place) -> None:
    honest = """
        from cluster import Chan, Mutex, WaitGroup, go, nil
        async def square(ns, squares):
            async for n in ns:
                await squares.send({n: n * n})
            squares.close()
        async def main():
            ns, squares, same, wg, mu = Chan(), Chan(2), Chan(1), WaitGroup(), Mutex()
            go(square, ns, squares)
            async def feed():
                for n in range(4):
                    async with mu:
                        await ns.send(n)
                ns.close()
            wg.go(feed)
            found = {}
            async for each in squares:
                found |= each
            await wg.wait()
            for one in (same, ns, nil, wg, mu):
                await same.send(one)
                print((await same.recv()) is one, end=" ")
            print(found)
    """
    plain, raced = place.program(honest, *ALONE), place.program(honest, "--race", *ALONE)
    assert raced.out == "True True True True True {0: 0, 1: 1, 2: 4, 3: 9}\n"
    assert (plain.code, plain.out, plain.err) == (raced.code, raced.out, raced.err)


def test_a_value_that_cannot_leave_an_m_is_refused_at_its_send_and_as_an_argument_taken_as_it_is(place: Place) -> None:
    locks = """
        import threading
        from cluster import CannotShipError, Chan, go, gosched
        async def held(lock, done):
            await done.send(lock.locked())
        async def main():
            ch, done = Chan(1), Chan(1)
            try:
                await ch.send(threading.Lock())
            except CannotShipError as error:
                print(error)
            print(len(ch))
            lock = threading.Lock()
            lock.acquire()
            go(held, lock, done)
            print(await done.recv())
    """
    refused, *others = place.program(locks, "--race", *ALONE).lines
    assert refused.startswith("a channel value must go to another process") and "'_thread.lock' object" in refused
    assert others == ["0", "True"]
    assert place.program(locks, *ALONE).lines == ["1", "True"]


def test_the_race_of_a_program_that_another_one_starts(place: Place) -> None:
    text = """
        import cluster
        async def change(xs, done):
            xs.append("seen")
            await done.send(None)
        async def main():
            xs, done = [], cluster.Chan()
            cluster.go(change, xs, done)
            await done.recv()
            return xs
        if __name__ == "__main__":
            print(*(cluster.run(main, procs=1, workers=1, race=race) for race in (False, True)))
    """
    done = place.run(place.write("app.py", text))
    assert (done.code, done.out, done.err) == (0, "['seen'] []\n", "")


MOVING = """
    import os, time
    from cluster import Chan, go, gomaxprocs, gosched
    def compute():
        end = time.thread_time() + 0.003
        while time.thread_time() < end:
            pass
    async def shares(xs, ended):
        own, home = [], os.getpid()
        while not os.path.exists("moved"):  # until one of them is elsewhere
            compute()
            xs.append(len(own))
            own.append(len(own))
            await gosched()
            if os.getpid() != home:
                open("moved", "w").close()
        await ended.send(own == list(range(len(own))))
    async def main():
        await gomaxprocs(1)
        xs, ended = [], Chan()
        for _ in range(8):
            go(shares, xs, ended)
        for _ in range(3):
            await gosched()
        await gomaxprocs(2)
        print([await ended.recv() for _ in range(8)])
"""
LINE = re.compile(
    r"sharecheck: goroutine (\d+) moves to another M and takes a copy of the list in local 'xs' of main\.(shares|main) "
    r"\(app\.py:\d+\); others here still refer to the original"
)


@pytest.mark.skipif(not frame.available, reason=frame.why_not)
def test_sharecheck_names_what_a_goroutine_that_moves_shares_and_nothing_else(place: Place) -> None:
    right = f"{[True] * 8}\n"
    told = place.program(MOVING, "-p", "2", "-w", "2", GODEBUG="sharecheck=1")
    assert (told.code, told.out) == (0, right)
    found = [LINE.fullmatch(line) for line in told.err.splitlines()]
    assert all(found), told.err
    assert {match[2]: match[1] != "1" for match in found if match}.get("shares"), told.err  # main may move, too
    (place.path / "moved").unlink()
    silent = place.program(MOVING, "-p", "2", "-w", "2")
    assert (silent.code, silent.out, silent.err) == (0, right, "")
