"""Tasks: goroutines whose results a client waits for.

Carrier.    Tasks come many in one goroutine, which makes a goroutine of each and ends: what a message costs is
            paid once. A task is numbered by its client, and keeps that number when it is stolen.
Order.      Tasks begin in the order in which they were submitted, as far as one P runs them: at the tail of its
            ring, where `go` would put each before the last.
Ends.       Whatever a task raises is its result, SystemExit, too: a pool goes on. Goexit leaves it without one.
            What a goroutine that it has started raises ends the program, as in Go.
Unlike Go.  Go has no results of goroutines; errgroup and channels are built upon.
Sources.    Go 1.19 runtime/proc.go: newproc1, runqputbatch.
"""

import pickle
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from itertools import starmap
from types import CoroutineType
from typing import Any

from cluster.kernel.calling import calls_out
from cluster.kernel.g import G
from cluster.kernel.plain import Data
from cluster.kernel.sched import here
from cluster.model.clock import Instant
from cluster.model.errors import Goexit
from cluster.model.ids import TASK_FIRST

Chunk = tuple[list[object], bytes | None, int]  # values, what the next one raised, how long it all took

CREATOR = ("created by cluster.submit",)


def carry(functions: tuple[bytes, ...], tasks: bytes) -> None:
    """The goroutine that brings tasks: `tasks` is a pickled list of (number, index of its function or -1, its data)."""
    sched = here("carry")
    assert sched.cur is not None
    program = sched.cur.program
    gs = []
    for number, which, data in pickle.loads(tasks):  # our own client's, of nothing but plain values
        g = G(number, program, run_task, (functions[which] if which >= 0 else b"", data), CREATOR, 0)
        program.gs[number] = g
        gs.append(g)
    sched.put(gs)
    if sched.hungry:
        sched.tokens.clear()


@calls_out
def run_task(function: bytes, data: Data) -> Coroutine[Any, Any, None] | None:
    """A task, from its reading to the telling of its result. Of an async function: what the goroutine goes on with."""
    sched = here("run_task")
    g, clock, tasks = sched.cur, sched.clock, sched.outside.tasks
    assert g is not None
    began = clock.now()
    try:
        fn, args, kwargs = tasks.begin(g, function, data)
        value = fn(*args, **kwargs)
    except BaseException as error:  # it is the result
        tasks.raised(g, error, clock.now() - began)
        if isinstance(error, Goexit):
            raise
        return None
    if type(value) is CoroutineType:
        return _finished(value, began)
    tasks.returned(g, value, clock.now() - began)
    return None


@calls_out
async def _finished(coroutine: Coroutine[Any, Any, object], began: Instant) -> None:
    try:
        value = await coroutine
    except BaseException as error:  # it is the result
        sched = here("run_task")  # not that of before: it may have moved
        assert sched.cur is not None
        sched.outside.tasks.raised(sched.cur, error, sched.clock.now() - began)
        if isinstance(error, Goexit):
            raise
    else:
        sched = here("run_task")
        assert sched.cur is not None
        sched.outside.tasks.returned(sched.cur, value, sched.clock.now() - began)


@calls_out
async def run_chunk(fn: Callable[..., object], columns: tuple[Sequence[Any], ...], star: bool) -> Chunk:
    """A task of `map`: `fn` of each of several items, which are given by columns, or with `star` by rows of one column.

    Stops at the first that raises.
    """
    began = here("run_chunk").clock.now()
    values: list[object] = []
    failure = None
    try:
        values.extend(starmap(fn, columns[0]) if star else map(fn, *columns))  # keeps those before one that raises
    except BaseException as error:
        if isinstance(error, Goexit):  # it was cancelled
            raise
        failure = here("run_chunk").outside.tasks.describe(error)
    if values and type(values[0]) is CoroutineType:
        values, failure = await _awaited(values, failure)
    return values, failure, here("run_chunk").clock.now() - began


@calls_out
async def _awaited(made: list[Any], failure: bytes | None) -> tuple[list[object], bytes | None]:
    """What these coroutines, calls of an async function, return, one after the other."""
    values: list[object] = []
    pending = deque(made)
    made.clear()
    while pending:
        try:
            values.append(await pending.popleft())
        except BaseException as error:
            if isinstance(error, Goexit):
                raise
            failure = here("run_chunk").outside.tasks.describe(error)
            for coroutine in pending:
                coroutine.close()
            break
    return values, failure


def is_task(goid: int) -> bool:
    """Whether a client has given this number."""
    return goid <= TASK_FIRST
