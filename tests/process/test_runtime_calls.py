"""Package runtime in real processes: counts, dumps, the number of Ps, wiring, and system calls, on one M and on two."""

import json
import re
from itertools import pairwise

import pytest

from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)

ON = pytest.mark.parametrize("options", [("-p", "1", "-w", "1"), ("-p", "2", "-w", "2")], ids=["one M", "two Ms"])
SPREAD = """
    import os, time
    from cluster import *
    async def stays(here, never):
        for _ in range(20):
            sum(range(20_000))
            await gosched()
        await here.send(os.getpid())
        await never.recv()
    async def spread(ms=2):
        "Goroutines on so many Ms, which stay; how many."
        here, never, seen, count = Chan(), Chan(), set(), 0
        while len(seen) < ms:
            for _ in range(20):
                go(stays, here, never)
            seen |= {await here.recv() for _ in range(20)}
            count += 20
        return count
"""


@ON
def test_num_goroutine_and_stack_see_all_ms(place: Place, options: tuple[str, ...]) -> None:
    text = (
        SPREAD
        + """
    async def main():
        print(await num_goroutine())
        print(await spread(MS), await num_goroutine())
        while "[runnable]" in (dump := await stack(all=True)) or "[running]" in dump.partition("\\n\\n")[2]:
            await sleep(0.01)  # on another M they may still be on their way from the send to the receive
        print(dump, end="")
    """
    )
    done = place.program(text.replace("MS", options[3]), *options)
    one, counts, *_ = done.lines
    assert (done.code, done.err, one) == (0, "", "1")
    count, all_of_them = map(int, counts.split())
    assert all_of_them == count + 1
    mine, *others = done.out.split("\n", 2)[2].rstrip("\n").split("\n\n")
    assert mine.startswith("goroutine 1 [running]:\nmain.main(...)\n\t") and len(others) == count
    for other in others:
        assert re.match(
            r"goroutine \d+ \[chan receive\]:\nmain\.stays\(\.\.\.\)\n\t.*\ncreated by main\.spread\n\t", other
        )


@ON
def test_num_goroutine_lets_no_other_goroutine_run(place: Place, options: tuple[str, ...]) -> None:
    text = (
        SPREAD
        + """
    async def other():
        print("other")
    async def main():
        go(other)
        for _ in range(3):
            await num_goroutine(), await gomaxprocs(0), await stack(all=True)
        print("main", flush=True)
        await gosched()
        await sleep(0.1)
    """
    )
    done = place.program(text, "-p", "1", "-w", options[3])
    assert (done.code, done.lines, done.err) == (0, ["main", "other"], "")


@ON
def test_gomaxprocs_changes_the_number_of_ps(place: Place, options: tuple[str, ...]) -> None:
    text = (
        SPREAD
        + """
    async def main():
        seen = [await gomaxprocs(n) for n in (0, 3, 0, 1, 0)]
        print(seen, (await spread(1)) > 0)
        print([await gomaxprocs(n) for n in (2, -1, 1, 2, 1, 0)])
    """
    )
    done = place.program(text, *options)
    procs = int(options[1])
    assert (done.code, done.lines, done.err) == (0, [f"[{procs}, {procs}, 3, 3, 1] True", "[1, 2, 2, 1, 2, 1]"], "")


def test_gomaxprocs_of_many_goroutines_of_two_ms_at_once(place: Place) -> None:
    text = (
        SPREAD
        + """
    async def changes(done, n):
        for i in range(5):
            await gomaxprocs(1 + (n + i) % 3)
            await gosched()
        await done.send(n)
    async def main():
        count = await spread()
        done = Chan()
        for n in range(8):
            go(changes, done, n)
        print(sorted([await done.recv() for _ in range(8)]))
        await gomaxprocs(2)
        while await num_goroutine() > 1 + count:
            await sleep(0.01)  # who has sent may not have ended
        print(await gomaxprocs(0))
    """
    )
    done = place.program(text, "-p", "2")
    assert (done.code, done.lines, done.err) == (0, ["[0, 1, 2, 3, 4, 5, 6, 7]", "2"], "")


@ON
def test_a_system_call_blocks_its_goroutine_only(place: Place, options: tuple[str, ...]) -> None:
    text = (
        SPREAD
        + """
    def blocks(n):
        print("blocks", n)
        while not os.path.exists("go on"):
            time.sleep(0.01)
        if n == 7:
            raise KeyError(n)
        return n
    async def calls(chan, n):
        try:
            await chan.send(await syscall(blocks, n))
        except KeyError as error:
            await chan.send(error.args[0])
    async def main():
        chan = Chan()
        for n in range(8):
            go(calls, chan, n)
        while (await stack(all=True)).count("[syscall]") < 8:  # all of them at once
            await gosched()
        count = await num_goroutine()
        open("go on", "w").close()
        print(sorted([await chan.recv() for _ in range(8)]), count)
    """
    )
    done = place.program(text, *options)
    assert (done.code, done.err) == (0, "")
    assert sorted(done.lines[:8]) == [f"blocks {n}" for n in range(8)]
    assert done.lines[8:] == ["[0, 1, 2, 3, 4, 5, 6, 7] 9"]


@ON
def test_a_system_call_hides_a_deadlock_until_it_returns(place: Place, options: tuple[str, ...]) -> None:
    text = (
        SPREAD
        + """
    async def calls():
        await syscall(time.sleep, 0.7)
        print("returned")
    async def main():
        go(calls)
        await Chan().recv()
    """
    )
    done = place.program(text, *options)
    assert (done.code, done.out) == (2, "returned\n") and done.seconds > 0.7
    assert done.err.startswith("fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n")


def test_a_wired_goroutine_is_shown_so_in_a_deadlock(place: Place) -> None:
    done = place.program("from cluster import *\nasync def main():\n    lock_os_thread(); await Chan().recv()")
    assert (done.code, done.out) == (2, "")
    assert "\n\ngoroutine 1 [chan receive, locked to thread]:\nmain.main(...)" in done.err


def test_exit_while_system_calls_are_made_does_not_wait_for_them(place: Place) -> None:
    done = place.program(
        """
        import time
        from cluster import *
        async def calls(): await syscall(time.sleep, 1000)
        async def main():
            go(calls); go(calls)
            await sleep(0.1)
            exit(4)
        """
    )
    assert (done.code, done.err) == (4, "")


def test_a_stack_is_as_deep_as_memory_allows_and_its_overflow_is_fatal(place: Place) -> None:
    done = place.program(
        """
        from cluster import *
        async def depth(n):
            return 0 if n == 0 else 1 + await call(depth, n - 1)
        async def endless():
            try:
                await call(endless)
            finally:
                print("finally")
        async def main():
            print(await call(depth, 200_000))
            set_max_stack(1_474_560)
            await call(endless)
        """
    )
    assert (done.code, done.out) == (2, "200000\n")
    lines = done.err.splitlines()
    assert lines[0] == "runtime: goroutine stack exceeds 1474560-byte limit"
    assert re.fullmatch(r"runtime: sp=0x\w+ stack=\[0x\w+, 0x\w+\]", lines[1])
    assert lines[2:6] == ["fatal error: stack overflow", "", "goroutine 1 [running]:", "main.endless(...)"]
    assert "...additional frames elided..." in lines


def test_stacks_that_grow_and_shrink_are_in_the_trace(place: Place) -> None:
    place.program(
        """
        from cluster import *
        async def nothing(): pass
        async def deep(n):
            if n:
                await call(deep, n - 1)
        async def main():
            await call(up_and_down)
        async def up_and_down():
            await call(deep, 200)
            for _ in range(12_000):
                await call(nothing)
        """,
        "--trace", "t.json",
    )  # fmt: skip
    events = json.loads((place.path / "t.json").read_text("utf-8"))["traceEvents"]
    steps = [(event["name"], event["args"]["detail"]) for event in events if event["name"].startswith("Stack")]
    sizes = [2048 << n for n in range(len(steps) // 2 + 1)]
    assert len(sizes) > 4
    assert steps == [("StackGrow", f"{a} to {b}") for a, b in pairwise(sizes)] + [
        ("StackShrink", f"{a} to {b}") for a, b in pairwise(sizes[::-1])
    ]


ANEW = """
import cluster
from cluster.launch import client
client.ANEW_NS = 0  # as if a long time had passed before each request
async def main(n):
    print("run", n, flush=True)
    await cluster.sleep(0.01)
    return n
if __name__ == "__main__":
    with cluster.Cluster(procs=1, workers=1) as c:
        print([(c.run(main, n), c.status().procs) for n in range(20)])
        print(list(c.map(abs, range(-3, 0))), c.run(main, 20))
"""


def test_a_cluster_can_be_used_again_after_a_long_silence(place: Place) -> None:
    done = place.run(place.write("anew.py", ANEW))
    assert (done.code, done.err) == (0, "")
    assert done.lines[:20] == [f"run {n}" for n in range(20)]
    assert done.out.endswith(f"{[(n, 1) for n in range(20)]}\nrun 20\n[3, 2, 1] 20\n")
