"""Rungs that need more than the standard library: greenlets, goroutines of one M, preemption, ZeroMQ.

A rung in a process of its own, as in parties.py: `python -m cluster.bench.insiders RUNG CORE CORE`. Operations:
a switch of two greenlets; a yield, a hop over an unbuffered channel, a goroutine that is started and ends; a goroutine
that is left by a signal, until the other one runs; a message of one int. The baseline of the preemption is the same
signal, whose handler refuses.
"""

import atexit
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import zmq
from greenlet import greenlet

from cluster.bench import kernel
from cluster.bench.parties import TOKEN, Opened, forked, serve, threaded
from cluster.kernel.chan import Chan
from cluster.kernel.sched import Sched, go
from cluster.model.clock import MonotonicClock
from worker.preempt import SIGNAL, Preemptor


def switch(_core: int) -> Opened:
    """Two greenlets that switch to each other, with the token."""

    def other(token: int) -> None:
        back = here.switch
        while True:
            token = back(token)

    here = greenlet.getcurrent()
    there = greenlet(other)

    def loop(count: int) -> None:
        give = there.switch
        for _ in range(count // 2):
            give(1)

    return loop, (os.getpid(),)


def of_kernel(measure: kernel.Measure, _core: int) -> Opened:
    """Goroutines of a fresh kernel in each run."""
    return (lambda count: kernel.in_goroutine(measure, count)), (os.getpid(),)


def preempt(_core: int, *, allowed: bool = True) -> Opened:
    """Two goroutines, each of which has a signal sent to itself, and is left for the other by it."""
    sched = Sched(MonotonicClock())
    preemptor = Preemptor(lambda: sched, lambda _: allowed)
    main, held = threading.get_ident(), {SIGNAL}
    mask, block, unblock = signal.pthread_sigmask, signal.SIG_BLOCK, signal.SIG_UNBLOCK

    def hog(times: int) -> None:
        for _ in range(times):
            mask(block, held)
            preemptor.request(main, force=True)
            mask(unblock, held)  # here the signal comes

    async def both(count: int) -> int:
        ended = Chan[None]()

        async def one() -> None:
            hog(count // 2)
            await ended.send(None)

        before = preemptor.preemptions
        go(one)
        go(one)
        await ended.recv()
        await ended.recv()
        left = preemptor.preemptions - before
        if left != (count // 2 * 2 if allowed else 0):
            raise RuntimeError(f"{left} of {count} preemptions came about: {preemptor.refusals}")
        return 0

    return (lambda count: kernel.in_goroutine(both, count, sched)), (os.getpid(),)


def message_loop(socket: "zmq.Socket[bytes]") -> Callable[[int], None]:
    """The first party."""

    def loop(count: int) -> None:
        give, take = socket.send, socket.recv
        for _ in range(count // 2):
            give(TOKEN)
            take()

    return loop


def message_echo(socket: "zmq.Socket[bytes]") -> None:
    """The other party."""
    give, take = socket.send, socket.recv
    while True:
        give(take())


def inproc_thread(core: int) -> Opened:
    """To another thread and back. No thread of ZeroMQ's is on the way."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    here, there = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    here.bind("inproc://token")
    there.connect("inproc://token")
    threaded(core, lambda: message_echo(there))
    return message_loop(here), (os.getpid(),)


def inproc_self(_core: int) -> Opened:
    """To oneself: a hop's send and receive."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    here, there = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    here.bind("inproc://token")
    there.connect("inproc://token")

    def loop(count: int) -> None:
        give, take = here.send, there.recv
        for _ in range(count):
            give(TOKEN)
            take()

    return loop, (os.getpid(),)


def ipc_process(core: int) -> Opened:
    """To another process and back, through a thread of ZeroMQ's on either side."""
    directory = tempfile.mkdtemp(prefix="gmp-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    address = f"ipc://{Path(directory, 'token')}"

    def answer() -> None:
        there = zmq.Context().socket(zmq.PAIR)
        there.connect(address)
        message_echo(there)

    pid = forked(core, (), answer)
    here = zmq.Context().socket(zmq.PAIR)
    here.bind(address)
    return message_loop(here), (os.getpid(), pid)


RUNGS: Final[dict[str, Callable[..., Opened]]] = {
    "switch": switch,
    "gosched": partial(of_kernel, kernel.gosched_ns),
    "hop": partial(of_kernel, kernel.hop_ns),
    "spawn": partial(of_kernel, kernel.spawn_ns),
    "preempt": preempt,
    "preempt_self": partial(preempt, allowed=False),
    "inproc_thread": inproc_thread,
    "inproc_self": inproc_self,
    "ipc_process": ipc_process,
}


def main() -> None:
    """Serve one of them; or `parked`: how many bytes so many goroutines take that wait."""
    if sys.argv[1] == "parked":
        for line in sys.stdin:
            count = int(line)
            print(count, round(kernel.in_goroutine(kernel.parked_bytes, count) * count), -1, flush=True)
    else:
        serve(RUNGS, sys.argv[1:], sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
