"""A pool: the thread that sends a client's tasks, and takes their results.

Threads.    Any may submit and cancel: it leaves a request, and wakes the pool's own thread if that sleeps. That
            thread alone has the link and the tasks; it also calls what `add_done_callback` was given.
Coalescing. A lone request wakes a thread that waits, and leaves at once. In a burst the thread is awake, and what
            came while it sent the last frame goes in the next.
Program.    One per pool, started with the first task. When it ends (a panic of a goroutine that a task has started,
            an M that died while goroutines of several Ms knew of each other) the next task starts another.
Ends.       When the cluster is gone, or cannot run anything, every future has the error. None is left pending.
"""

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import BrokenExecutor
from functools import partial
from typing import Any, Final
from weakref import WeakSet

from cluster.launch import premises
from cluster.launch.client import Client
from cluster.launch.depot import Depot
from cluster.model.errors import ClusterError, LostError, ProgramError
from cluster.model.ids import ProgramId
from cluster.pool.futures import Future
from cluster.pool.shipping import Shipping, carrier
from cluster.pool.tasks import Blame, Task, Tasks
from cluster.wire.apart import Reference
from cluster.wire.messages import (
    Accepted,
    Ended,
    Interrupt,
    Options,
    Output,
    Results,
    Source,
    StartProgram,
    Status,
    Submit,
    TasksLost,
    ToClient,
    Withdraw,
)
from cluster.wire.results import values

RETRIES: Final = 2  # of a task whose M died

_log: Final = logging.getLogger("concurrent.futures")  # where the standard library tells of initializers that raise
_living: Final["WeakSet[Pool]"] = WeakSet()
_interpreter_ends: Final = threading.Event()

Write = Callable[[int, bytes], None]
Request = Callable[[], None] | Future[Any]  # something to do, or a task


class BrokenPoolError(ClusterError, BrokenExecutor):
    """No task can be run any more: the cluster is gone, or the initializer of the pool has raised."""


class Pool:
    """Runs tasks on a cluster. `connect` makes a client that is waked by a file descriptor."""

    def __init__(
        self,
        connect: Callable[[int], Client],
        source: Source,
        write: Write,
        initializer: tuple[Callable[..., object] | None, tuple[object, ...]] = (None, ()),
        limit: int | None = None,
    ) -> None:
        """`write` gets what tasks print; at most `limit` of them are out. CannotShipError for the initializer."""
        prepared = Shipping(source).initializer(*initializer)
        self._source: Final = source
        self._write: Final = write
        self._requests: deque[Request] = deque()
        self._read_fd, self._wake_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        os.set_blocking(self._wake_fd, False)
        self._asleep = False
        self._closing = self._closed = False
        self.broken: BaseException | None = None  # why no task can be run
        self._limit: Final = limit
        self._client: Final = connect(self._read_fd)
        self._premises: Final = premises.make(self._client.address, embedded=not self._client.joined)
        self._depot: Final = None if self._premises is None else Depot(self._premises.entry, once=True)
        self._shipping: Final = Shipping(source, self._depot)
        self._fetched = 0  # by it, when it was looked at last
        depot = "" if self._premises is None else self._premises.name
        self._options: Final = Options(False, False, False, pool=True, initializer=prepared, depot=depot)
        self._program: ProgramId | None = None
        self._tasks = Tasks(1, limit)
        self._procs: futures.Future[int] = futures.Future()
        self._thread: Final = threading.Thread(target=self._run, name="cluster pool", daemon=True)
        _living.add(self)
        self._thread.start()

    # -- from any thread

    def submit(
        self, fn: Callable[..., Any], args: tuple[object, ...], kwargs: dict[str, object], retries: int = RETRIES
    ) -> Future[Any]:
        """Run `fn(*args, **kwargs)` on some M. What cannot be pickled is said by the future."""
        self._check()
        try:
            function, data, parks = self._shipping.call(fn, args, kwargs)
        except ClusterError as error:
            future: Future[Any] = Future()
            future.set_running_or_notify_cancel()
            future.set_exception(error)
            return future
        future = Future(function, data, retries, parks, self._withdraw)
        if type(data) is Reference:
            self._lend(future, data)
        self._requests.append(future)
        if self._asleep:
            self._wake()
        if self._closed:  # meanwhile: whoever comes last sees to it
            self._fail_requests()
        return future

    def _lend(self, future: Future[Any], reference: Reference) -> None:
        """Its arguments lie in the depot until it is done, however it ends: it may be run again."""
        assert self._depot is not None, "there it lies"
        drop, name = self._depot.drop, reference.name
        future.data, future.apart = bytes(reference), reference.size
        future.add_done_callback(lambda _: drop(name))

    @property
    def closed(self) -> bool:
        """Whether it takes no more tasks."""
        return self._closing or self.broken is not None

    @property
    def procs(self) -> int:
        """How many Ps the cluster had when the pool began. Waits until that is known."""
        return self._procs.result()

    def exception(self, value: bytes) -> BaseException:
        """What an M has described."""
        return self._shipping.exception(value)

    def _check(self) -> None:
        if self.broken is not None:
            raise BrokenPoolError(str(self.broken)) from self.broken
        if self._closing:
            what = "interpreter shutdown" if _interpreter_ends.is_set() else "shutdown"
            raise RuntimeError(f"cannot schedule new futures after {what}")

    def _withdraw(self, future: Future[Any], force: bool, end: bool) -> None:
        self._ask(partial(self._take_back, future, force, end))

    def close(self, wait: bool = True, cancel: bool = False) -> None:
        """Take no more tasks, with `cancel` begin none that has not left, and end. `wait` until that has happened."""
        self._closing = True
        self._ask(self._cancel_queued if cancel else lambda: None)
        if wait and threading.current_thread() is not self._thread:
            self._thread.join()

    def abandon(self) -> None:
        """End now: tasks that have not ended are cancelled, or lost."""
        self._closing = True
        self._ask(partial(self._fail, LostError("the cluster was closed before this task had ended")))
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _ask(self, request: Request) -> None:
        self._requests.append(request)
        if self._asleep:
            self._wake()

    def _wake(self) -> None:
        self._asleep = False
        with contextlib.suppress(BlockingIOError, OSError):  # it has been waked; it has ended
            os.write(self._wake_fd, b"!")

    # -- the pool's thread

    def _run(self) -> None:
        try:
            procs = self._client.status().procs
            self._tasks = Tasks(procs, self._limit)
            self._procs.set_result(procs)
            while not (self._closing and not self._requests and not len(self._tasks)):
                self._take_requests()
                self._send()
                self._asleep = True
                messages = self._client.receive(wait=not self._requests)
                self._asleep = False
                for message in messages:
                    self._take(message)
                if not messages and not self._client.waked:
                    self._forget()
                if self._client.waked:
                    self._client.waked = False
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._read_fd, 4096)
            if self._program is not None:
                self._client.send(Interrupt(self._program))
        except BaseException as error:  # noqa: BLE001  # whatever it was, nobody waits for ever
            self.broken = error
            if not self._procs.done():
                self._procs.set_exception(error)
            self._fail(error)
        finally:
            self._closed = True
            self._fail_requests()
            self._client.close()
            if self._premises is not None:
                self._premises.close()
            os.close(self._read_fd)
            os.close(self._wake_fd)

    def _take_requests(self) -> None:
        requests, add = self._requests, self._tasks.add
        while requests:
            request = requests.popleft()
            if isinstance(request, Future):
                add(request)
            else:
                request()

    def _fail_requests(self) -> None:
        """The thread has ended, or is about to: these come too late."""
        with contextlib.suppress(IndexError):  # another thread may be here, too
            self._take_requests()
        self._fail(self.broken or LostError("the pool was closed before this task had left"))

    def _take_back(self, future: Future[Any], force: bool, end: bool) -> None:
        if self._program is not None and not future.done() and future.number:
            self._client.send(Withdraw(self._program, (future.number,), force, end, future.carrier))

    def _cancel_queued(self) -> None:
        self._send()  # what there is room for: as if it had left when it was submitted
        self._tasks.cancel_queued()

    def _fail(self, error: BaseException) -> None:
        for task in self._tasks.clear():
            if task.number or task.set_running_or_notify_cancel():
                task.set_exception(_as_broken(error))

    def _send(self) -> None:
        if not len(self._tasks):
            return
        if self._program is None:
            self._start()
            if self._program is None:
                return
        if carriers := self._tasks.cut():
            program = self._program
            records = tuple(carrier(program, number, tasks) for number, tasks in carriers)
            self._client.send(Submit(program, records, self._tasks.done()))

    def _forget(self) -> None:
        """Nothing happens: let the coordinator forget what has ended."""
        if self._program is not None and self._tasks.finished:
            self._client.send(Submit(self._program, (), self._tasks.done()))

    def _start(self) -> None:
        accepted, *rest = self._client.request(StartProgram("pool", self._source, self._options, b""))
        assert isinstance(accepted, Accepted), f"a program was started, and {type(accepted).__name__} came"
        self._program = accepted.program
        for message in rest:
            self._take(message)

    def _take(self, message: ToClient) -> None:
        match message:
            case Results(program, numbers, kinds, told, ran_ns) if program == self._program:
                before, self._fetched = self._fetched, self._shipping.fetched
                size = sum(map(len, told)) + self._fetched - before  # of results apart, those of the last message
                ended, settle = self._tasks.ended(numbers, ran_ns, size), self._shipping.settle
                for task, kind, value in zip(ended, kinds, values(kinds, told), strict=True):
                    if task is None:
                        self._shipping.discard(value)
                    elif (error := settle(task, kind, value)) is not None:
                        _log.critical("Exception in initializer:", exc_info=error)
                        task.set_exception(_as_broken(error))
                        raise error
            case TasksLost(program, lost, kept, why, pid) if program == self._program:
                self._fail_some(self._tasks.lost(lost, kept, partial(_lost, why)))
                self._clear_depot(pid)
            case Ended(program=program) if program == self._program:
                self._program = None
                self._ended(message)
            case Output(stream=stream, data=data):
                self._write(stream, data)
            case Results(values=told):  # of a program that is no more
                for value in told:
                    self._shipping.discard(value)
            case TasksLost() | Ended() | Status():  # likewise
                pass
            case _:
                raise ClusterError(f"the coordinator sent {type(message).__name__} to a pool")

    def _ended(self, message: Ended) -> None:
        match message.kind:
            case "lost":
                blame: Blame = partial(_lost, message.text.removeprefix("cluster.LostError: "))
            case "panic" | "fatal":
                blame = partial(_as_program_error, message)
            case "exit":
                blame = partial(_exited, message.code)
            case "load":
                raise ProgramError(message.text, message.code)
            case _:
                raise ClusterError(f"the pool was ended: {message.text}")
        self._fail_some(self._tasks.over(blame, died=message.kind == "lost"))
        self._clear_depot()

    def _clear_depot(self, pid: int | None = None) -> None:
        """An M, or all of those that have died, may have written results and not told of them."""
        if self._depot is not None:
            self._depot.drop_of_the_dead(pid)

    def _fail_some(self, failed: list[tuple[Task, ClusterError]]) -> None:
        for task, error in failed:
            task.set_exception(error)


def _finish() -> None:
    """The interpreter ends: tasks that were submitted are run first, as the standard library's executors do it."""
    _interpreter_ends.set()
    for pool in list(_living):
        pool.close()


threading._register_atexit(_finish)  # type: ignore[attr-defined]  # before daemon threads stop; typeshed lacks it


def _lost(why: str, runs: int) -> ClusterError:
    often = "" if runs == 1 else f" It has been begun {runs} times, and an M died each time."
    return LostError(f"{why}, with this task on it.{often}")


def _as_program_error(ended: Ended, _runs: int) -> ClusterError:
    return ProgramError(ended.text, ended.code)


def _exited(code: int, _runs: int) -> ClusterError:
    return ClusterError(f"exit({code}) was called while this task was running, which ends all tasks")


def _as_broken(error: BaseException) -> BaseException:
    if isinstance(error, LostError):
        return error
    broken = BrokenPoolError(f"{type(error).__name__}: {error}")
    broken.__cause__ = error
    return broken
