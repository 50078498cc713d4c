"""Pools: whatever dies and however messages are delayed, each task ends once, and with what it should."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import pytest

from cluster.model.errors import ClusterError, LostError
from cluster.model.ids import ProgramId
from cluster.pool.futures import Future
from cluster.pool.shipping import Shipping, carrier
from cluster.pool.tasks import Task, Tasks
from cluster.wire import messages as w
from cluster.wire.pickling import NoObjects, Pickling
from cluster.wire.results import values
from tests.sim import cluster, pool_programs
from tests.sim.cluster import World, in_many_worlds

WORLDS = 15
FILE = Path(pool_programs.__file__)
SOURCE = w.Source(str(FILE), "", (), (), "", "")
CLIENT = b"client"


def lost(why: str, _runs: int) -> ClusterError:
    return LostError(why)


class Pool:
    """What pool.py does with a link, without one: the real tasks, and the client's side of the messages."""

    def __init__(self, world: World, procs: int) -> None:
        self.world = world
        self.tasks = Tasks(procs)
        self.futures: list[Task] = []
        self._pickling = Pickling(pool_programs.__name__, NoObjects())
        self._shipping = Shipping(SOURCE)
        self._program: ProgramId | None = None
        self._heard = 0

    def submit(self, fn: Callable[..., object], *args: object, retries: int = 2) -> Task:
        data = self._pickling.dumps((fn, args, {}))
        future: Task = Future(b"", data, retries, False, self._withdraw)
        self.futures.append(future)
        self.tasks.add(future)
        return future

    def _withdraw(self, future: Task, force: bool, end: bool) -> None:
        assert self._program is not None
        if future.number:
            self.world.tell(CLIENT, w.Withdraw(self._program, (future.number,), force, end, future.carrier))

    def finish(self) -> None:
        """Let everybody move until all futures are done."""
        self._start()
        self.world.until(self._done)

    def _start(self) -> None:
        options = w.Options(False, False, by_path=False, pool=True)
        self.world.tell(CLIENT, w.StartProgram("pool", SOURCE, options, b""))

    def _done(self) -> bool:
        heard = [message for client, message in self.world.heard if client == CLIENT]
        new, self._heard = heard[self._heard :], len(heard)
        for message in new:
            self._take(message)
        if self._program is not None and (carriers := self.tasks.cut()):
            records = tuple(carrier(self._program, number, tasks) for number, tasks in carriers)
            self.world.tell(CLIENT, w.Submit(self._program, records, self.tasks.done()))
        return all(future.done() for future in self.futures)

    def _take(self, message: w.Message) -> None:
        match message:
            case w.Accepted(program):
                self._program = program
            case w.Results(program, numbers, kinds, told, ran_ns) if program == self._program:
                ended = self.tasks.ended(numbers, ran_ns, 0)
                for task, kind, value in zip(ended, kinds, values(kinds, told), strict=True):
                    if task is not None:
                        self._shipping.settle(task, kind, value)
            case w.TasksLost(program, gone, kept, why) if program == self._program:
                self._fail(self.tasks.lost(gone, kept, partial(lost, why)))
            case w.Ended(program=program, text=text) if program == self._program:
                self._program = None
                self._fail(self.tasks.over(partial(lost, text)))
                if len(self.tasks):
                    self._start()
            case _:
                pass

    def _fail(self, failed: list[tuple[Task, ClusterError]]) -> None:
        for task, error in failed:
            task.set_exception(error)


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PROGRAMS", FILE)


@pytest.mark.parametrize("chaos", [False, True])
def test_every_task_ends_with_its_result(rng: Random, chaos: bool) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2, chaos=chaos) as world:
            pool = Pool(world, 2)
            kinds = [pool_programs.square, pool_programs.yields, pool_programs.talks]
            futures = [pool.submit(world.rng.choice(kinds), i) for i in range(40)]
            bad = pool.submit(pool_programs.fails, 3)
            pool.finish()
            assert [future.result() for future in futures] == [i * i for i in range(40)]
            assert isinstance(bad.exception(), LookupError)
            assert not world.ended, "nothing has died"

    in_many_worlds(rng, WORLDS, check)


def test_tasks_that_submit_tasks_come_to_their_end_on_every_number_of_ms(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=1 + seed % 3, procs=2) as world:
            pool = Pool(world, 2)
            future = pool.submit(pool_programs.forks, 7)
            pool.finish()
            assert future.result() == 13

    in_many_worlds(rng, WORLDS, check)


@pytest.mark.parametrize("tell", [True, False])
def test_when_an_m_dies_what_it_had_is_run_again_and_nobody_hangs(rng: Random, tell: bool) -> None:
    again = []

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2, chaos=False) as world:
            pool = Pool(world, 2)
            kinds = [pool_programs.square, pool_programs.yields]
            futures = [pool.submit(world.rng.choice(kinds), i) for i in range(60)]
            some = world.rng.randrange(5, 40)
            pool._start()
            world.until(lambda: pool._done() or sum(future.done() for future in futures) >= some)
            world.kill(world.rng.randrange(3), tell)
            world.until(pool._done)
            assert [future.result() for future in futures] == [i * i for i in range(60)]
            again.append(sum(future.runs for future in futures))

    in_many_worlds(rng, WORLDS, check)
    assert sum(again), "nothing was lost"


def test_with_no_retries_a_task_that_may_have_begun_is_lost_and_says_so(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2, chaos=False) as world:
            pool = Pool(world, 2)
            futures = [pool.submit(pool_programs.square, i, retries=0) for i in range(30)]
            pool._start()
            world.until(lambda: pool._done() or sum(future.done() for future in futures) >= 8)
            world.kill(world.rng.randrange(3))
            world.until(pool._done)
            for i, future in enumerate(futures):
                error = future.exception()
                assert future.runs == (error is not None)
                assert isinstance(error, LostError) if error is not None else future.result() == i * i

    in_many_worlds(rng, WORLDS, check)


def test_what_is_cancelled_ends_wherever_it_is(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2) as world:
            pool = Pool(world, 2)
            good = [pool.submit(pool_programs.yields, i) for i in range(20)]
            unwanted = [pool.submit(pool_programs.sleeps, i) for i in range(10)]
            pool._start()
            world.until(lambda: pool._done() or all(future.done() for future in good))
            assert all(future.cancel(running=True) for future in unwanted)
            world.until(pool._done)
            assert all(future.cancelled() for future in unwanted)
            assert [future.result() for future in good] == [i * i for i in range(20)]

    in_many_worlds(rng, WORLDS, check)
