"""Cluster: processes that run programs; and `run`, which needs one for a moment."""

import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import as_completed
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar
from weakref import WeakSet

from cluster.api.session import Stop, Watch, Write, print_to_streams, run_program
from cluster.api.source import of_this_process
from cluster.kernel.g import name_of
from cluster.kernel.sched import current_goroutine
from cluster.launch.client import Client
from cluster.launch.connection import check_answers, resolve
from cluster.launch.cpus import default_procs
from cluster.launch.embedded import Embedded
from cluster.model.errors import ClusterError
from cluster.model.limits import MS_MAX, PROCS_MAX
from cluster.pool.executor import Executor
from cluster.pool.futures import Future
from cluster.pool.mapping import Progress, length_of, mapping
from cluster.pool.pool import RETRIES, Pool
from cluster.wire.messages import Options, Source, Status
from cluster.wire.pickling import MAIN_PREFIX, NoObjects, Pickling
from cluster.wire.security import Keys

P = ParamSpec("P")
R = TypeVar("R")


class Cluster:
    """A coordinator and workers: started here and ended with the `with` block, or joined at `address`.

    `procs` is GOMAXPROCS (default: $GOMAXPROCS, else the usable CPUs), `workers` the Ms that are
    started at once (default: as many). With `core`, all Ms share that one CPU core, which shows what
    the others are worth; with `pin` each is bound to a core, in turn. With `race`, `run` and `watch` do what
    `cluster run --race` does: what goroutines give each other is copied. An address on TCP is joined with the keys
    of the `connection` file, which may have been copied from another machine, and without `address` leads to it
    (default: $GMP_CLUSTER_CONNECTION, else that of this user's cluster). Raises NoClusterError when nobody listens
    there, or the keys are not to be found.
    """

    def __init__(
        self,
        procs: int | None = None,
        workers: int | None = None,
        address: str | None = None,
        *,
        connection: str | os.PathLike[str] | None = None,
        core: int | None = None,
        pin: bool = False,
        race: bool = False,
    ) -> None:
        if current_goroutine() is not None:
            raise ClusterError("a goroutine is running: use `go` for more goroutines; a cluster is started outside")
        if any(name.startswith(MAIN_PREFIX) for name in sys.modules):
            raise ClusterError(
                "a cluster was to be started while an M imported the main file of its program, as every M does: start "
                'it, or call `run`, under `if __name__ == "__main__":`'
            )
        self._race: Final = race
        self._embedded: Embedded | None = None
        self._pool: Pool | None = None
        self._lent: Final[WeakSet[Pool]] = WeakSet()  # to executors
        self._keys: Keys | None = None
        if address is not None or connection is not None:
            if procs is not None or workers is not None:
                raise ClusterError("procs and workers are those of the cluster at `address`: leave them out")
            found = resolve(address, None if connection is None else Path(connection))
            check_answers(found)
            self._keys = found.keys
            self._client = Client(found.address, keys=found.keys)
            return
        procs = default_procs() if procs is None else procs
        workers = procs if workers is None else workers
        if not 1 <= procs <= PROCS_MAX:
            raise ClusterError(f"procs={procs}: the number of Ps is from 1 to {PROCS_MAX}")
        if not 1 <= workers <= MS_MAX:
            raise ClusterError(f"workers={workers}: the number of Ms is from 1 to {MS_MAX}")
        self._embedded = Embedded(procs, workers, core, pin=pin)
        self._client = Client(self._embedded.address, self._embedded.check)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            for pool in self._pools():
                pool.close()
        self.close()

    def close(self) -> None:
        """End the processes that this cluster started; a cluster that was joined goes on."""
        for pool in self._pools():
            pool.abandon()
        self._client.close()
        if self._embedded is not None:
            self._embedded.close()

    @property
    def address(self) -> str:
        """Where the coordinator listens, for others that join. Waits until it does, when it was started just now."""
        if self._embedded is not None:
            self._embedded.wait_listening()
        return self._client.address

    @property
    def pids(self) -> tuple[int, ...]:
        """The coordinator and the parent of the Ms, if they were started here; () of a cluster that was joined."""
        return () if self._embedded is None else tuple(self._embedded.pids)

    def status(self) -> Status:
        """Ps, Ms, programs and the global queue at this moment."""
        return self._client.status()

    def run(
        self,
        main: Callable[P, Coroutine[object, object, R]] | Callable[P, R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run a program: `main(*args)` is its main goroutine. What main returned.

        Raises ProgramError when the program panicked or met a fatal error, LostError when an M died
        with goroutines of it, SystemExit when it called exit, CannotShipError when `main` or its
        arguments cannot be pickled.
        """
        return self.watch(None, main, *args, **kwargs)

    def watch(
        self,
        watch: Watch | None,
        main: Callable[P, Coroutine[object, object, R]] | Callable[P, R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """`run`, with every scheduler event and every span of the trace told to `watch` as it happens."""
        return self._run(main, args, kwargs, watch, None)

    def run_until(
        self,
        stop: Stop,
        main: Callable[P, Coroutine[object, object, R]] | Callable[P, R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """`run`, but as soon as `stop()` is true the program is ended, and ClusterError raised: within 0.1 s or so."""
        return self._run(main, args, kwargs, None, stop)

    def _run(
        self,
        main: Callable[..., Coroutine[object, object, R]] | Callable[..., R],
        args: tuple[object, ...],
        kwargs: dict[str, object],
        watch: Watch | None,
        stop: Stop | None,
    ) -> R:
        source = of_this_process()
        pickling = Pickling("__main__", NoObjects(), main_by_value=not source.path)
        record = pickling.dumps(
            (main, args) if not kwargs else (partial(main, **kwargs), args), "main or an argument of it"
        )
        watched = watch is not None
        options = Options(explain=watched, trace=watched, by_path=False, race=self._race)
        outcome = run_program(self._client, name_of(main), source, options, record, print_to_streams, watch, stop)
        outcome.check()
        value = pickling.loads(outcome.value) if outcome.value else None
        return value  # type: ignore[return-value]  # pickled by the M from what main returned

    def submit(self, fn: Callable[..., Any], /, *args: object, retries: int = RETRIES, **kwargs: object) -> Future[Any]:
        """Run `fn(*args, **kwargs)`, plain or async, as a goroutine on some M; the future of what it returns.

        The arguments are taken as they are now. If its M dies it is run again, at most `retries` times, then the
        future has a LostError; whatever `fn` raises is the future's, with the remote traceback as a note. From any
        thread that is not a goroutine.
        """
        return self._tasks().submit(fn, args, kwargs, retries)

    def map(
        self,
        fn: Callable[..., Any],
        /,
        *iterables: Iterable[object],
        chunksize: int | None = None,
        timeout: float | None = None,
        ordered: bool = True,
        progress: bool = False,
        retries: int = RETRIES,
    ) -> Iterator[Any]:
        """`fn` of each item, or of one from each of several iterables; the results, as they are asked for.

        In order, or with `ordered=False` as they come. Some chunks are computed ahead, no more: the iterable may
        be endless. `chunksize=None` chooses it from the time that items take. `timeout`, in seconds from this call,
        raises TimeoutError in the iteration. `progress` shows a bar on stderr. `retries` as in `submit`.
        """
        return mapping(
            self._tasks(),
            fn,
            iterables,
            chunksize=chunksize,
            timeout=timeout,
            ordered=ordered,
            progress=_bar(iterables) if progress else None,
            retries=retries,
        )

    def starmap(
        self,
        fn: Callable[..., Any],
        rows: Iterable[Iterable[object]],
        /,
        *,
        chunksize: int | None = None,
        timeout: float | None = None,
        ordered: bool = True,
        progress: bool = False,
        retries: int = RETRIES,
    ) -> Iterator[Any]:
        """`map`, with the arguments of each call in a row: `fn(*row)`."""
        return mapping(
            self._tasks(),
            fn,
            (rows,),
            star=True,
            chunksize=chunksize,
            timeout=timeout,
            ordered=ordered,
            progress=_bar((rows,)) if progress else None,
            retries=retries,
        )

    def as_completed(self, futures: Iterable[Future[Any]], timeout: float | None = None) -> Iterator[Future[Any]]:
        """Futures of `submit`, each when it is done. Raises TimeoutError after `timeout` seconds."""
        completed: Iterator[Any] = as_completed(iter(futures), timeout)  # type: ignore[arg-type]  # typeshed's protocol is private
        return completed

    def executor(
        self,
        max_workers: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[object, ...] = (),
        *,
        retries: int = RETRIES,
    ) -> Executor:
        """A concurrent.futures.Executor whose tasks run on this cluster, beside those of others.

        At most `max_workers` of its tasks are given to the cluster at once, if that is less than it has Ps.
        `initializer(*initargs)` is called on an M before the first of these tasks there; if it raises, the executor
        is broken. Raises ValueError for a `max_workers` below 1, CannotShipError when the initializer cannot be
        pickled.
        """
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        pool = self._new_pool(initializer, initargs, max_workers)
        self._lent.add(pool)
        return Executor(pool, retries)

    def _pools(self) -> list[Pool]:
        own = [] if self._pool is None else [self._pool]
        return own + list(self._lent)

    def _tasks(self) -> Pool:
        if self._pool is None:
            self._pool = self._new_pool()
        return self._pool

    def _new_pool(
        self,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[object, ...] = (),
        limit: int | None = None,
    ) -> Pool:
        return Pool(self._connect, of_this_process(), print_to_streams, (initializer, initargs), limit)

    def _connect(self, wake_fd: int) -> Client:
        check = None if self._embedded is None else self._embedded.check
        return Client(self._client.address, check, keys=self._keys, wake_fd=wake_fd)

    def run_file(self, source: Source, options: Options, write: Write, watch: Watch | None) -> tuple[int, str]:
        """Run `main` of a program file; the exit code, and what stderr should get at the end."""
        outcome = run_program(self._client, source.path, source, options, b"", write, watch)
        return outcome.code, outcome.text


def run(
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

    See Cluster and Cluster.run for `procs`, `workers`, `connection`, `race` and the errors. Outside of goroutines only.
    """
    with Cluster(procs, workers, address, connection=connection, race=race) as cluster:
        return cluster.run(main, *args)


def _bar(iterables: tuple[Iterable[object], ...]) -> Progress:
    bar: Progress = import_module("cluster.pool.bar").Bar(length_of(iterables))
    return bar
