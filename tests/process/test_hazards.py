"""What preemption in the middle of anything could break, and what becomes of it in a real process.

One P and one M: all goroutines share one thread, and each hog is left on its stack when its slice is over.
"""

import pytest

from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)

ONE = ("-p", "1", "-w", "1")
BEGINS = """
    import os, signal, sys, threading, time
    from cluster import *

    def compute(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end: pass
"""


def printed(place: Place, text: str, *options: str) -> list[str]:
    """The lines of a program that ends well."""
    done = place.program(BEGINS + text, *(options or ONE))
    assert (done.code, done.err) == (0, "")
    return done.lines


def test_a_hog_that_holds_a_lock_gives_it_to_who_waits_for_it_on_its_own_thread(place: Place) -> None:
    """The wait is left by a signal, too, and goes on when the hog has had its turn."""
    lines = printed(place, """
    lock = threading.Lock()
    def holds(n, wg):
        with lock:
            compute(0.05)
            print(n, "in")
            compute(0.05)
            print(n, "out")
        wg.done()
    async def main():
        wg = WaitGroup()
        for n in range(3):
            wg.add(1)
            go(holds, n, wg)
        await wg.wait()
    """)  # fmt: skip
    assert sorted(lines) == sorted(f"{n} {what}" for n in range(3) for what in ("in", "out"))
    assert all(lines[i].split()[0] == lines[i + 1].split()[0] for i in (0, 2, 4)), "one after the other"


def test_goroutines_of_one_thread_wait_for_each_other_in_queues_conditions_semaphores_and_futures(place: Place) -> None:
    """Modules of Python whose locks nobody may see half taken; but who waits in them has let go of all."""
    lines = printed(place, """
    import queue
    from concurrent.futures import Future
    full, semaphore, told, future = queue.Queue(2), threading.Semaphore(), threading.Condition(), Future()
    done = []
    def puts():
        for n in range(6): full.put(n)
    def gets(): done.append([full.get() for _ in range(6)])
    def takes():
        with semaphore: compute(0.03)
    def waits():
        with told: told.wait_for(lambda: "told" in done)
        done.append(future.result())
    def tells():
        compute(0.03)
        with told:
            done.append("told")
            told.notify_all()
        future.set_result("result")
    async def main():
        wg = WaitGroup()
        for fn in (gets, puts, takes, takes): wg.go(fn)
        await wg.wait()
        for fn in (waits, waits, tells): wg.go(fn)
        await wg.wait()
        print(done)
    """)  # fmt: skip
    assert lines == ["[[0, 1, 2, 3, 4, 5], 'told', 'result', 'result']"]


def test_who_waits_for_a_socket_or_a_process_or_is_a_c_function_is_left_on_one_m_for_who_ends_the_wait(
    place: Place,
) -> None:
    lines = printed(place, """
    import socket, subprocess
    async def main():
        got, wg = [], WaitGroup()
        near, far = socket.socketpair()
        fds = os.pipe(), os.pipe()
        wg.go(lambda: got.append(far.makefile().readline()))
        wg.go(lambda: got.append(subprocess.run(["cat"], stdin=fds[0][0], stdout=subprocess.PIPE).stdout))
        go(os.read, fds[1][0], 1)
        await gosched()
        near.sendall(b"a line\\n")
        for _, fd in fds:
            os.write(fd, b"bytes")
            os.close(fd)
        await wg.wait()
        print(sorted(got, key=str))
    """)  # fmt: skip
    assert lines == [r"['a line\n', b'bytes']"]


def test_a_module_that_is_being_imported_is_seen_whole(place: Place) -> None:
    place.write(
        "slow.py", "import time\nend = time.monotonic() + 0.15\nwhile time.monotonic() < end: pass\nready = True\n"
    )
    lines = printed(place, """
    def imports(out):
        import slow
        go(out.send, slow.ready)
    async def main():
        out = Chan()
        for _ in range(4): go(imports, out)
        print([await out.recv() for _ in range(4)])
    """)  # fmt: skip
    assert lines == ["[True, True, True, True]"]


def test_what_goroutines_print_is_whole_lines_though_they_are_preempted(place: Place) -> None:
    lines = printed(place, """
    class Slow:
        def __init__(self, n): self.n = n
        def __str__(self):
            compute(0.02)
            return "x" * self.n
    def prints(n, wg):
        for _ in range(4): print(n, Slow(n), n, flush=True)
        wg.done()
    async def main():
        wg = WaitGroup()
        for n in range(1, 4):
            wg.add(1)
            go(prints, n, wg)
        await wg.wait()
    """)  # fmt: skip
    assert sorted(lines) == sorted(f"{n} {'x' * n} {n}" for n in range(1, 4) for _ in range(4))


def test_a_programs_own_signals_are_handled_beside_hogs(place: Place) -> None:
    lines = printed(place, """
    alarms = []
    def hog():
        while len(alarms) < 5: pass
    async def main():
        for kind, timer in ((signal.SIGALRM, signal.ITIMER_REAL), (signal.SIGVTALRM, signal.ITIMER_VIRTUAL)):
            alarms.clear()
            signal.signal(kind, lambda *_: alarms.append(1))
            signal.setitimer(timer, 0.01, 0.01)
            wg = WaitGroup()
            for _ in range(3): wg.go(hog)
            await wg.wait()
            signal.setitimer(timer, 0)
            print(len(alarms) >= 5)
    """)  # fmt: skip
    assert lines == ["True", "True"]


@pytest.mark.parametrize("kind", ["trace", "profile"])
def test_a_tracer_of_one_goroutine_is_not_left_to_the_others(place: Place, kind: str) -> None:
    lines = printed(place, """
    seen = set()
    def traces(frame, event, arg):
        seen.add(frame.f_code.co_name)
        return None
    def traced():
        sys.settrace(traces)
        try: compute(0.1)
        finally: sys.settrace(None)
    def untraced(): compute(0.03)
    async def main():
        wg = WaitGroup()
        for fn in (untraced, traced, untraced): wg.go(fn)
        await wg.wait()
        print("compute" in seen, "untraced" in seen)
    """.replace("settrace", f"set{kind}"))  # fmt: skip
    assert lines == ["True False"]


def test_what_belongs_to_a_thread_is_not_entered_by_another_goroutine_of_it(place: Place) -> None:
    """A lock of the logging module is the thread's, who could take it again."""
    lines = printed(place, """
    import logging
    log = []
    class Slow(logging.Handler):
        def emit(self, record):
            log.append(("in", record.msg))
            compute(0.04)
            log.append(("out", record.msg))
    logging.getLogger().addHandler(Slow())
    async def main():
        wg = WaitGroup()
        for n in range(3): wg.go(logging.error, n)
        await wg.wait()
        print([log[i][1] == log[i + 1][1] for i in (0, 2, 4)])
    """)  # fmt: skip
    assert lines == ["[True, True, True]"]


def test_nobody_else_runs_while_the_garbage_collector_does(place: Place) -> None:
    lines = printed(place, """
    import gc
    log = []
    class Ring:
        def __init__(self): self.me = self
        def __del__(self):
            log.append("in")
            compute(0.04)
            log.append("out")
    def collects():
        Ring()
        Ring()
        gc.collect()
    def others():
        for _ in range(20):
            compute(0.004)
            log.append("other")
    async def main():
        gc.disable()
        wg = WaitGroup()
        for fn in (others, collects, others): wg.go(fn)
        await wg.wait()
        print(log.count("in"), {log[i + 1] for i, what in enumerate(log) if what == "in"})
    """)  # fmt: skip
    assert lines == ["2 {'out'}"]


def test_a_list_that_is_being_sorted_is_empty_for_others_and_whole_again_when_it_is(place: Place) -> None:
    """So it is for other threads, too: Python's own word on lists that are sorted."""
    lines = printed(place, """
    values, seen = list(range(20_000, 0, -1)), set()
    def key(value):
        while value == 10_000 and 0 not in seen: pass  # in the middle, until somebody has looked
        return value
    def sorts(wg):
        values.sort(key=key)
        wg.done()
    async def looks(wg):
        while values[:1] != [1]:
            seen.add(len(values))
            await gosched()
        wg.done()
    async def main():
        wg = WaitGroup()
        for fn in (looks, sorts):
            wg.add(1)
            go(fn, wg)
        await wg.wait()
        print(seen - {20_000}, values == list(range(1, 20_001)))
    """)  # fmt: skip
    assert lines == ["{0} True"]


def test_calls_that_are_left_in_the_middle_keep_their_deadlines(place: Place) -> None:
    """`time.sleep`, `select` and a lock with a timeout are interrupted, and go on with the time that is left."""
    lines = printed(place, """
    import select
    lock = threading.Lock()
    lock.acquire()
    waits = {
        "sleep": lambda: time.sleep(0.3),
        "select": lambda: select.select([], [], [], 0.3),
        "acquire": lambda: lock.acquire(timeout=0.3),
    }
    def waiter(name, out):
        began = time.monotonic()
        waits[name]()
        go(out.send, (name, time.monotonic() - began >= 0.299))
    async def main():
        out = Chan()
        for name in waits: go(waiter, name, out)
        go(compute, 0.5)
        print(sorted([await out.recv() for _ in waits]))
    """)  # fmt: skip
    assert lines == ["[('acquire', True), ('select', True), ('sleep', True)]"]


def test_a_thousand_hogs_are_left_on_their_stacks_at_once(place: Place) -> None:
    lines = printed(place, """
    begun = []
    def hog(n, depth, wg):
        if depth: return hog(n, depth - 1, wg)
        begun.append(n)
        while len(begun) < 1000: pass
        wg.done()
    async def main():
        wg = WaitGroup()
        for n in range(1000):
            wg.add(1)
            go(hog, n, n % 50, wg)
        await wg.wait()
        print(sorted(begun) == list(range(1000)))
    """.replace("1000", "300"))  # fmt: skip
    assert lines == ["True"]


def test_who_looks_at_all_frames_and_objects_finds_those_of_hogs_that_were_left(place: Place) -> None:
    lines = printed(place, """
    import gc, traceback
    begun, over = [], []
    def hog():
        mine = "a local of a hog"
        begun.append(1)
        while not over: pass
        return mine
    async def main():
        wg = WaitGroup()
        for _ in range(3): wg.go(hog)
        while len(begun) < 3: await gosched()
        dump = await stack(all=True)
        print(dump.count("runtime: pinned: preempted in mid-bytecode"))
        frames = [obj for obj in gc.get_objects() if type(obj).__name__ == "frame"]
        print(len([frame.f_lineno for frame in frames]) > 0)
        for frame in sys._current_frames().values(): traceback.extract_stack(frame)
        for obj in gc.get_objects()[:2000]: gc.get_referents(obj)
        gc.collect()
        over.append(1)
        await wg.wait()
        print("all have ended")
    """)  # fmt: skip
    assert lines == ["3", "True", "all have ended"]


def test_one_long_call_into_c_gives_up_its_p_if_it_gives_up_the_interpreter(place: Place) -> None:
    """It computes, and cannot be preempted: others of its M go on elsewhere, with the P. Who is late tries again."""
    lines = printed(place, """
    from hashlib import pbkdf2_hmac
    def elsewhere(out): go(out.send, (os.getpid(), time.monotonic()))
    async def once():
        out, here = Chan(1), os.getpid()
        go(elsewhere, out)
        pbkdf2_hmac("sha256", b"it takes", b"a while", 1_500_000)
        ended = time.monotonic()
        pid, ran = await out.recv()
        return pid != here and ran < ended
    async def main():
        while not await once(): pass
        print("elsewhere, meanwhile")
    """, "-p", "1", "-w", "2")  # fmt: skip
    assert lines == ["elsewhere, meanwhile"]


def test_one_long_call_into_c_that_keeps_the_interpreter_is_waited_for_and_the_m_is_not_given_up(place: Place) -> None:
    lines = printed(place, """
    def keeps(seconds):
        end = time.monotonic() + seconds
        return any(map(end.__lt__, iter(time.monotonic, None)))  # all of it in C
    async def main():
        done = Chan(2)
        go(done.send, keeps(4))
        go(done.send, 0)
        print([await done.recv(), await done.recv()])
    """, "-p", "2", "-w", "2")  # fmt: skip
    assert lines in (["[True, 0]"], ["[0, True]"])
