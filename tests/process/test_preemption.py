"""A goroutine that does not give its M back is preempted: others run, and it comes to the right result."""

import json

import pytest

from tests.process.place import Place, until

pytestmark = pytest.mark.timeout(60)

HOGS = """
    import functools, json, re, time
    from cluster import Chan, go

    def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)

    class Odd:
        def __init__(self, n): self.n = n
        def __eq__(self, other): return sum(range(200)) >= 0 and self.n == other.n
        def __hash__(self): return 1
        def __del__(self): fib(8)

    def loop():
        total = 0
        for i in range(900_000): total += i
        return total

    def generator():
        def numbers():
            for i in range(300_000): yield i
        return sum(x for x in numbers())

    def exceptions():
        caught = 0
        for i in range(120_000):
            try:
                if i % 2: raise ValueError(i)
            except ValueError: caught += 1
        return caught

    def compare(a, b):
        for _ in range(3): pass
        return (a > b) - (a < b)

    OBJECTS = "[" + ",".join(['{"a":1}'] * 30_000) + "]"
    HOGS = {
        "loop": (loop, 404_999_550_000),
        "recursion": (lambda: fib(23), 28_657),
        "generator": (generator, 44_999_850_000),
        "exceptions": (exceptions, 60_000),
        "sort key": (lambda: sorted(range(60_000), key=lambda x: -x)[0], 59_999),
        "cmp_to_key": (lambda: sorted(range(8_000, 0, -1), key=functools.cmp_to_key(compare))[0], 1),
        "re.sub": (lambda: len(re.sub("a", lambda m: "bb", "a" * 90_000)), 180_000),
        "json hook": (lambda: len(json.loads(OBJECTS, object_hook=lambda d: fib(5))), 30_000),
        "__eq__": (lambda: len({Odd(i) for i in range(130)}), 130),
        "comprehension": (lambda: sum([fib(4) for _ in range(60_000)]), 180_000),
    }

    def hog(name, results):
        go(results.send, (name, HOGS[name][0]()))

    async def main():
        results = Chan(64)
        for _ in range(2):
            for name in HOGS: go(hog, name, results)
        for _ in range(2 * len(HOGS)):
            name, result = await results.recv()
            assert result == HOGS[name][1], (name, result)
        print("all right")
"""


def test_a_goroutine_sleeps_its_time_beside_one_that_never_awaits(place: Place) -> None:
    done = place.program(
        """
        import time
        from cluster import go, sleep

        def forever():
            while True: pass

        async def main():
            go(forever)
            for _ in range(5): await sleep(0.01)
            print("woke five times")
        """,
        "-p", "1", "-w", "1",
    )  # fmt: skip
    assert (done.code, done.out, done.err) == (0, "woke five times\n", "")


def test_a_goroutine_is_preempted_whatever_of_ours_has_called_it(place: Place) -> None:
    done = place.program(
        """
        from cluster import ErrGroup, Once, WaitGroup, after_func, call, go, sleep
        over = []

        def hog(n):
            while len(over) == n: pass

        async def hogs(n): hog(n)

        async def calls(n): await call(hogs, n)

        async def deep(n, depth):
            if depth: await call(deep, n, depth - 1)
            else: hog(n)

        async def main():
            wg, group, once = WaitGroup(), ErrGroup(), Once()
            starts = [
                lambda n: go(hog, n), lambda n: go(hogs, n), lambda n: wg.go(hog, n), lambda n: wg.go(hogs, n),
                lambda n: group.go(hog, n), lambda n: group.go(hogs, n), lambda n: go(once.do, hog, n),
                lambda n: after_func(0.001, lambda: hog(n)), lambda n: go(calls, n), lambda n: go(deep, n, 50),
            ]
            for n, start in enumerate(starts):
                start(n)
                await sleep(0.005)
                over.append(n)
            await wg.wait()
            await group.wait()
            print(len(over))
        """,
        "-p", "1", "-w", "1",
    )  # fmt: skip
    assert (done.code, done.out, done.err) == (0, "10\n", "")


def test_channels_of_an_m_are_served_beside_a_goroutine_that_never_awaits(place: Place) -> None:
    done = place.program(
        """
        import os
        from cluster import Chan, go, sleep

        def forever():
            while True: pass

        async def elsewhere(home, ask, answer):
            await answer.send(os.getpid() != home)
            async for question in ask: await answer.send(question * 2)

        async def main():
            ask, answer = Chan(), Chan()
            go(elsewhere, os.getpid(), ask, answer)
            go(forever)
            await answer.recv()
            go(forever)
            for i in range(5):
                await ask.send(i)
                print(await answer.recv())
        """,
        "-p", "2", "-w", "2",
    )  # fmt: skip
    assert (done.code, done.lines, done.err) == (0, ["0", "2", "4", "6", "8"], "")


@pytest.mark.parametrize("procs", ["1", "2"])
def test_hogs_of_many_kinds_come_to_the_right_result_in_the_middle_of_whatever_they_do(
    place: Place, procs: str
) -> None:
    done = place.program(HOGS, "-p", procs, "-w", procs)
    assert (done.code, done.out, done.err) == (0, "all right\n", "")


def test_a_preempted_goroutine_of_an_ended_program_runs_none_of_its_code(place: Place) -> None:
    done = place.program(
        """
        from cluster import go, sleep

        def forever():
            try:
                while True: pass
            finally: print("finally")

        async def main():
            go(forever)
            go(forever)
            await sleep(0.05)
            print("main returns")
        """,
        "-p", "1", "-w", "1",
    )  # fmt: skip
    assert (done.code, done.out, done.err) == (0, "main returns\n", "")


def test_asyncpreemptoff_lets_a_goroutine_keep_its_m(place: Place) -> None:
    program = """
        import time
        from cluster import WaitGroup, go, gosched

        def hog():
            end = time.thread_time() + 0.3
            while time.thread_time() < end: pass
            print("hog has done")

        async def main():
            wg = WaitGroup()
            wg.go(hog)
            await gosched()
            print("main is back")
            await wg.wait()
        """
    assert place.program(program, "-p", "1", "-w", "1").lines == ["main is back", "hog has done"]
    off = place.program(program, "-p", "1", "-w", "1", GODEBUG="asyncpreemptoff=1")
    assert off.lines == ["hog has done", "main is back"]


def test_timers_files_and_channels_of_an_m_are_served_beside_a_goroutine_that_may_not_be_preempted(
    place: Place,
) -> None:
    """Who waits for them goes on elsewhere, and tells the hog to end."""
    done = place.program(
        """
        import os
        from cluster import Chan, go, lock_os_thread, readable, sleep

        async def sleeps(out):
            await sleep(0.03)
            await out.send("slept")

        async def reads(out, home, fd, ready):
            await ready.send(None)
            if os.getpid() == home: await readable(fd)  # else it was stolen before it began
            await out.send("read")

        async def ends(out, home, fd, writes):
            with open(f"/proc/{home}/fd/{writes}", "wb") as pipe:
                pipe.write(b"!")
            got = sorted([await out.recv(), await out.recv()])
            with open(f"/proc/{home}/fd/{fd}", "wb") as pipe:
                pipe.write(b"!")
            await out.send((got, os.getpid() != home))

        async def main():
            lock_os_thread()
            out, ready, file, over = Chan(3), Chan(1), os.pipe(), os.pipe()
            os.set_blocking(over[0], False)
            go(reads, out, os.getpid(), file[0], ready)
            await ready.recv()
            go(sleeps, out)
            await sleep(0.001)
            go(ends, out, os.getpid(), over[1], file[1])
            while True:
                try:
                    if os.read(over[0], 1): break
                except BlockingIOError: pass
            print(await out.recv())
        """,
        "-p", "2", "-w", "2", GODEBUG="asyncpreemptoff=1",
    )  # fmt: skip
    assert (done.code, done.out) == (0, "(['read', 'slept'], True)\n"), done.err


def test_without_greenlet_goroutines_run_and_none_is_preempted_and_status_says_so(place: Place) -> None:
    place.write("greenlet.py", "raise ImportError('not on this system')")
    program = """
        import time
        from cluster import Chan, exit, go, gosched

        def hog():
            end = time.thread_time() + 0.3
            while time.thread_time() < end: pass
            print("hog has done")

        async def child(c): await c.send("a value")

        async def main():
            c = Chan()
            go(child, c)
            print(await c.recv())
            go(hog)
            await gosched()
            print("main is back")
            exit(3)
        """
    here = str(place.path)
    done = place.program(program, "-p", "1", "-w", "1", PYTHONPATH=here)
    assert (done.code, done.lines, done.err) == (3, ["a value", "hog has done", "main is back"], "")
    place.start("-m", "coordinator")
    place.wait_for_sockets("connection.json", 1)
    place.start("-m", "worker", env={"PYTHONPATH": here})
    place.wait_for_ms(1)
    why = "the greenlet library cannot be imported: not on this system"
    until(lambda: len(json.loads(place.run("-m", "cluster", "status", "--json").out)["ms"]) == 1, "the M is a member")
    assert json.loads(place.run("-m", "cluster", "status", "--json").out)["ms"][0]["unpreempted"] == why
    shown = " ".join(place.run("-m", "cluster", "status").out.split())
    assert f"Goroutines are not preempted on M0: {why}" in shown
