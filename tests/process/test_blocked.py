"""Goroutines that block their M in calls that nobody declared: the P, and all that can move, goes on without it."""

import json
import os
import re
import signal

from tests.process.place import Place, descendants, gone, until
from tests.process.test_faults import pids_of


def test_goroutines_that_sleep_do_not_wait_for_each_other(place: Place) -> None:
    """One after the other they would take 2.8 s on one M, and 1.4 s on two. An M may come late: then once more."""
    done = place.program("""
        import os, time
        from cluster import *
        async def sleeps(out, i):
            time.sleep(0.7)
            await out.send((os.getpid(), time.monotonic()))
        async def once():
            began, out = time.monotonic(), Chan()
            for i in range(4):
                go(sleeps, out, i)
            ends = [await out.recv() for _ in range(4)]
            return len({pid for pid, _ in ends}) >= 2 and max(at for _, at in ends) - began < 2.1
        async def main():
            while not await once(): pass
            print("together")
    """, "-p", "2", "-w", "2")  # fmt: skip
    assert (done.code, done.out) == (0, "together\n"), done.err


def test_others_go_on_beside_one_that_blocks_and_what_it_holds_is_served(place: Place) -> None:
    """Its neighbours have started, and move; they ask all the time for a channel that is at home where it blocks.

    It blocks until all of them have said from elsewhere that they did.
    """
    done = place.program("""
        import os
        from cluster import *
        async def counts(ch, over, moved, home):
            rounds = 0
            while not len(over):
                if os.getpid() != home:
                    if not rounds: await moved.send(None)
                    rounds += 1
                await gosched()
            await ch.send(rounds)
        async def main():
            ch, over, moved, pipe = Chan(), Chan(1), Chan(), os.pipe()
            for _ in range(3):
                go(counts, ch, over, moved, os.getpid())
            await gosched()
            go(ends, over, moved, pipe[1], os.getpid())
            os.read(pipe[0], 1)
            got = [await ch.recv() for _ in range(3)]
            print(all(got))
        async def ends(over, moved, fd, pid):
            for _ in range(3): await moved.recv()
            await over.send(None)
            with open(f"/proc/{pid}/fd/{fd}", "wb") as pipe:
                pipe.write(b"!")
    """, "-p", "1", "-w", "2")  # fmt: skip
    assert (done.code, done.out) == (0, "True\n"), done.err


def test_ms_are_made_when_goroutines_wait_for_one(place: Place) -> None:
    """Where an M is late it leaves one sleeper for the next, and fewer are needed: so there are rounds."""
    done = place.program("""
        import os, time
        from cluster import *
        async def blocks(wg, pids):
            time.sleep(0.3)
            await pids.send(os.getpid())
            wg.done()
        async def main():
            ms = set()
            while len(ms) <= 2:
                wg, pids = WaitGroup(), Chan(8)
                for _ in range(8):
                    wg.add(1)
                    go(blocks, wg, pids)
                await wg.wait()
                ms |= {await pids.recv() for _ in range(8)}
            print("more than two")
    """, "-p", "1", "-w", "2")  # fmt: skip
    assert (done.code, done.out) == (0, "more than two\n"), done.err


def test_over_max_threads_the_program_ends_as_in_go(place: Place) -> None:
    """Those that wait in C for a mutex that nobody unlocks hear no signal: each needs an M."""
    place.start("-m", "coordinator", "--procs", "1", "--max-threads", "2")
    place.wait_for_sockets("connection.json", 1)
    place.start("-m", "worker", "--count", "2")
    place.wait_for_ms(2)
    done = place.program("""
        import ctypes
        from cluster import *
        def blocks():
            mutex, lock = ctypes.create_string_buffer(128), ctypes.CDLL(None).pthread_mutex_lock
            lock(mutex)
            lock(mutex)
        async def main():
            for _ in range(4):
                go(blocks)
            blocks()
    """)  # fmt: skip
    assert done.code == 2
    assert done.err == "runtime: program exceeds 2-thread limit\nfatal error: thread exhaustion\n"


def test_ms_that_were_made_go_when_they_have_been_idle_and_those_of_the_start_stay(place: Place) -> None:
    place.start("-m", "coordinator", "--procs", "1", "--idle-exit", "0.1")
    place.wait_for_sockets("connection.json", 1)
    worker = place.start("-m", "worker", "--count", "2")
    place.wait_for_ms(2)
    first = {process.pid for process in descendants(worker)}
    done = place.program("""
        import time
        from cluster import *
        def blocks(wg):
            time.sleep(0.3)
            wg.done()
        async def main():
            wg = WaitGroup()
            for _ in range(4):
                wg.add(1)
                go(blocks, wg)
            await wg.wait()
    """)  # fmt: skip
    assert (done.code, done.err) == (0, "")
    until(lambda: {process.pid for process in descendants(worker)} == first, "the Ms that were made have gone")
    done = place.program("async def main(): print('still there')")
    assert done.out == "still there\n"


def test_one_p_and_one_m_are_one_process_whatever_blocks(place: Place) -> None:
    """The sleepers share their M: each is left in its call while others wait."""
    done = place.program("""
        import os, time
        from cluster import *
        pids, order = set(), []
        async def sleeps(wg):
            time.sleep(0.1)
            pids.add(os.getpid())
            order.append("slept")
            wg.done()
        async def ticks(wg):
            for _ in range(20):
                pids.add(os.getpid())
                order.append("tick")
                await gosched()
            wg.done()
        async def main():
            wg = WaitGroup()
            for fn in (sleeps, sleeps, ticks):
                wg.add(1)
                go(fn, wg)
            await wg.wait()
            print(len(pids), order.index("tick") < order.index("slept"))
    """, "-p", "1", "-w", "1")  # fmt: skip
    assert (done.code, done.out) == (0, "1 True\n"), done.err


def test_an_m_that_dies_in_its_call_ends_the_program(place: Place) -> None:
    process = place.start("-m", "cluster", "run", "-p", "1", "-w", "2", place.write("app.py", """
        import os, time
        from cluster import *
        async def main():
            go(gosched)
            print("pids", os.getpid())
            await gosched()
            time.sleep(60)
    """))  # fmt: skip
    (victim,) = pids_of(process)
    os.kill(victim, signal.SIGKILL)
    _, err = process.communicate()
    assert process.returncode == 1 and re.search(r"LostError: M \d+ \(pid \d+\) was killed by signal 9", err), err
    until(lambda: gone(victim), "the end of the M")


def test_status_shows_who_is_blocked(place: Place) -> None:
    place.cluster(procs=1, workers=2)
    process = place.start("-m", "cluster", "run", place.write("app.py", """
        import time
        from cluster import *
        async def counts():
            while True:
                await gosched()
        async def main():
            go(counts)
            await gosched()
            time.sleep(60)
    """))  # fmt: skip
    until(lambda: states(place) >= {"blocked", "running"}, "an M that is blocked, and another with its P")
    assert "blocked" in place.run("-m", "cluster", "status").out
    process.kill()


def states(place: Place) -> set[str]:
    """What the Ms do, by `cluster status`."""
    return {m["state"] for m in json.loads(place.run("-m", "cluster", "status", "--json").out)["ms"]}


def test_goroutines_come_back_from_system_calls_and_files_while_their_m_is_blocked(place: Place) -> None:
    """What they wait for is told to the M that is blocked, and they go on elsewhere.

    On a busy machine one may move before it waits, since to start a thread blocks, too: then once more.
    """
    done = place.program("""
        import os, time
        from cluster import *
        async def calls(out, pid):
            await syscall(time.sleep, 0.05)
            await out.send(("called", os.getpid() == pid))
        async def waits(out, fd, pid):
            if os.getpid() == pid: await readable(fd)
            await out.send(("read", os.getpid() == pid))
        async def ends(out, fd, pid, blocked):
            await sleep(0.05)
            with open(f"/proc/{pid}/fd/{fd}", "wb") as pipe:
                pipe.write(b"!")
            got = sorted([await out.recv() for _ in range(2)])
            with open(f"/proc/{pid}/fd/{blocked}", "wb") as pipe:
                pipe.write(b"!")
            await out.send(got)
        async def once():
            out, first, second, pid = Chan(1), os.pipe(), os.pipe(), os.getpid()
            go(calls, out, pid)
            go(waits, out, first[0], pid)
            go(ends, out, first[1], pid, second[1])
            await gosched()
            os.read(second[0], 1)
            return await out.recv()
        async def main():
            lock_os_thread()
            while (got := await once()) != [('called', False), ('read', False)]: pass
            print(got)
    """, "-p", "1", "-w", "2")  # fmt: skip
    assert (done.code, done.out) == (0, "[('called', False), ('read', False)]\n"), done.err


def test_goroutines_go_on_though_a_call_on_their_m_hears_no_signal(place: Place) -> None:
    """Who sleeps, is in a system call, or receives there is served by sysmon; nobody ever unlocks that mutex."""
    done = place.program("""
        import ctypes, time
        from cluster import *
        def blocks():
            mutex, lock = ctypes.create_string_buffer(128), ctypes.CDLL(None).pthread_mutex_lock
            lock(mutex)
            lock(mutex)
        async def sleeps(out):
            await sleep(0.05)
            await out.send("slept")
        async def calls(out):
            await syscall(time.sleep, 0.05)
            await out.send("called")
        async def main():
            out = Chan()
            after_func(0.05, lambda: go(out.send, "fired"))
            for fn in (sleeps, calls): go(fn, out)
            await gosched()
            go(blocks)
            print(sorted([await out.recv() for _ in range(3)]))
    """, "-p", "1", "-w", "2")  # fmt: skip
    assert (done.code, done.out) == (0, "['called', 'fired', 'slept']\n"), done.err
