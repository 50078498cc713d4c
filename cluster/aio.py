"""Programs from asyncio: `await cluster.aio.run(main)`.

Thread      Each run has one of its own, in which a cluster is started, used and ended: the event loop is not blocked.
Cancelled   When the awaiting task is cancelled, the program is ended; CancelledError is raised when that has happened.
Tasks       need nothing of this: `await loop.run_in_executor(c.executor(), fn)`, `asyncio.wrap_future(c.submit(fn))`.
asyncio     is imported by whoever has an event loop, and not here: an M would pay for it, and has none.
"""

import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from importlib import import_module
from typing import TypeVar

from cluster.api.cluster import Cluster

R = TypeVar("R")


async def run(
    main: Callable[..., Coroutine[object, object, R]] | Callable[..., R],
    /,
    *args: object,
    procs: int | None = None,
    workers: int | None = None,
    address: str | None = None,
    connection: str | os.PathLike[str] | None = None,
    race: bool = False,
) -> R:
    """Run a program on a cluster of its own, or on the one at `address`. What main returned.

    As `cluster.run`, which also says the errors, but other tasks of the event loop go on.
    """
    asyncio = import_module("asyncio")
    stop = threading.Event()
    ended: Future[R] = Future()
    ended.set_running_or_notify_cancel()
    made = partial(Cluster, procs, workers, address, connection=connection, race=race)
    threading.Thread(target=_run, args=(ended, stop, made, main, args), name="cluster.aio.run").start()
    over = asyncio.wrap_future(ended)
    try:
        await asyncio.wait((over,))
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait((over,))
        over.exception()  # it has been asked for: nobody complains that it was not
        raise
    result: R = over.result()
    return result


def _run(
    ended: Future[R],
    stop: threading.Event,
    made: Callable[[], Cluster],
    main: Callable[..., Coroutine[object, object, R]] | Callable[..., R],
    args: tuple[object, ...],
) -> None:
    try:
        with made() as cluster:
            result = cluster.run_until(stop.is_set, main, *args)
    except BaseException as error:  # noqa: BLE001  # SystemExit, too: it is for whoever awaits
        ended.set_exception(error)
    else:
        ended.set_result(result)
