"""Values from process to process: a channel between two Ms beside `multiprocessing.Queue`, and a hop beside ZeroMQ.

Channel   Many items through a channel of CAPACITY, from a goroutine on one M to one on another, until all have come.
          Beside it a `multiprocessing.Queue` without a bound, which is faster than one with.
Hop       Half of a round trip: a value there and one back, over two unbuffered channels. Beside it two ZeroMQ sockets
          and nothing else, over `ipc`, as between our own processes.
Places    Both goroutines are wired to their Ms. A reader is made again until it is on another M than the writer.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any, Final

import zmq

from cluster.api.cluster import Cluster
from cluster.bench.peers.measures import Budget, Sample, sampled
from cluster.kernel.chan import Chan
from cluster.kernel.runtime import lock_os_thread
from cluster.kernel.sched import go
from cluster.model.errors import ClusterError

CHANNEL: Final = "channel"
HOP: Final = "hop"
QUEUE: Final = "mp.Queue"
ZEROMQ: Final = "ZeroMQ"
OTHERS: Final = {CHANNEL: QUEUE, HOP: ZEROMQ}  # beside whom ours is measured
SECTIONS: Final = tuple(OTHERS)

Main = Callable[[int], Any]  # an async function that says how many nanoseconds it took

CAPACITY: Final = 1024
LEAST: Final = 100
MOST: Final = 300_000
CANDIDATES: Final = 8  # readers of which one must be on another M: each stays at work until a thief has come
CANDIDATE_LOOPS: Final = 20_000


def ours(section: str, budget: Budget) -> Iterator[Sample]:
    """Samples of channels between two Ms."""
    main: Main = _many if section == CHANNEL else _ping
    with Cluster(procs=2, workers=2) as cluster:

        def once(count: int) -> int:
            took: int = cluster.run(main, count)
            return took

        yield from sampled(section, once, budget, LEAST, MOST)


async def _many(count: int) -> int:
    """Nanoseconds for so many items from this M to another."""
    items, done = Chan[int](CAPACITY), Chan[int]()
    await _elsewhere(_sum, count, items, done)
    began = perf_counter_ns()
    for i in range(count):
        await items.send(i)
    total = await done.recv()
    took = perf_counter_ns() - began
    if total != count * (count - 1) // 2:
        raise ClusterError(f"{count} items have gone into a channel, and others came out of it")
    return took


async def _sum(count: int, items: Chan[int], done: Chan[int]) -> None:
    total = 0
    for _ in range(count):
        total += await items.recv()
    await done.send(total)


async def _ping(count: int) -> int:
    """Nanoseconds for so many hops: half of them there, half back."""
    there, back = Chan[int](), Chan[int]()
    await _elsewhere(_echo, count // 2 + 1, there, back)
    await there.send(0)
    await back.recv()
    began = perf_counter_ns()
    for i in range(count // 2):
        await there.send(i)
        if await back.recv() != i:
            raise ClusterError("another value came back than was sent")
    return perf_counter_ns() - began


async def _echo(count: int, there: Chan[int], back: Chan[int]) -> None:
    for _ in range(count):
        await back.send(await there.recv())


async def _elsewhere(fn: Any, *args: object) -> None:  # noqa: ANN401  # an async function of `args`
    """Have `fn(*args)` run on another M than this goroutine, both wired."""
    lock_os_thread()
    here, taken = os.getpid(), False
    while not taken:
        pids = Chan[tuple[int, Chan[bool]]]()
        for _ in range(CANDIDATES):
            go(_candidate, pids, fn, args)
        for _ in range(CANDIDATES):
            pid, wanted = await pids.recv()
            await wanted.send(pid != here and not taken)
            taken = taken or pid != here


async def _candidate(pids: "Chan[tuple[int, Chan[bool]]]", fn: Any, args: tuple[object, ...]) -> None:  # noqa: ANN401
    sum(range(CANDIDATE_LOOPS))
    lock_os_thread()
    wanted = Chan[bool]()
    await pids.send((os.getpid(), wanted))
    if await wanted.recv():
        await fn(*args)


def theirs(section: str, budget: Budget) -> Iterator[Sample]:
    """Samples of what ours is measured beside."""
    yield from sampled(section, _queue if section == CHANNEL else _zeromq, budget, LEAST, MOST)


def _queue(count: int) -> int:
    context = multiprocessing.get_context("fork")
    items, done = context.Queue(), context.Queue()
    process = context.Process(target=_take, args=(count, items, done))
    process.start()
    done.get()
    began = perf_counter_ns()
    for i in range(count):
        items.put(i)
    total = done.get()
    took = perf_counter_ns() - began
    process.join()
    if total != count * (count - 1) // 2:
        raise ClusterError(f"{count} items have gone into a queue, and others came out of it")
    return took


def _take(count: int, items: "multiprocessing.Queue[int]", done: "multiprocessing.Queue[int]") -> None:
    done.put(0)
    done.put(sum(items.get() for _ in range(count)))


def _zeromq(count: int) -> int:
    address = f"ipc://{os.environ['TMPDIR']}/hop-{count}"
    process = multiprocessing.get_context("fork").Process(target=_reflect, args=(address, count // 2 + 1))
    process.start()  # before there is a context, which must not be forked
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.bind(address)
        socket.send(b"0")
        socket.recv()
        began = perf_counter_ns()
        for _ in range(count // 2):
            socket.send(b"0")
            socket.recv()
        took = perf_counter_ns() - began
    process.join()
    return took


def _reflect(address: str, count: int) -> None:
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.connect(address)
        for _ in range(count):
            socket.send(socket.recv())
