"""Goroutines that a client has submitted."""

import pickle

import pytest

from cluster.kernel.g import G
from cluster.kernel.goexit import goexit
from cluster.kernel.outside import Alone, Call
from cluster.kernel.sched import go, gosched
from cluster.kernel.tasks import Chunk, carry, is_task, run_chunk, run_task
from cluster.model.ids import TASK_FIRST
from tests.fakes import FakeShell, run

Said = tuple[int, str, object]


class Client(Alone):
    """Implements the kernel's `Outside` and its `Tasks`: functions are pickled by reference."""

    def __init__(self) -> None:
        super().__init__(lambda _: 1)
        self.said: list[Said] = []

    @property
    def tasks(self) -> "Client":  # type: ignore[override]  # a kernel that is alone has none
        return self

    def begin(self, g: G, function: bytes, data: bytes) -> Call:
        self.said.append((g.goid, "begin", ""))
        return pickle.loads(data) if not function else (pickle.loads(function), *pickle.loads(data))

    def returned(self, g: G, value: object, ran_ns: int) -> None:
        self.said.append((g.goid, "returned", value))

    def raised(self, g: G, error: BaseException, ran_ns: int) -> None:
        self.said.append((g.goid, "raised", type(error).__name__))

    def describe(self, error: BaseException) -> bytes:
        return type(error).__name__.encode()


class Pool(FakeShell):
    """A kernel with a client that says what happens to its tasks."""

    def __init__(self) -> None:
        super().__init__()
        self.client = Client()
        self.sched.outside = self.client

    def submit(self, *calls: tuple[object, ...]) -> list[Said]:
        """Carry `(fn, *args)` and run until nothing is runnable: what was told."""
        tasks = [(-10 - i, -1, pickle.dumps((fn, args, {}))) for i, (fn, *args) in enumerate(calls)]
        carrier = G(-2, self.program, carry, ((), pickle.dumps(tasks)), (), 0)
        self.program.gs[-2] = carrier
        self.sched.put([carrier])
        self.run_until_idle()
        return [said for said in self.client.said if said[1] != "begin"]


async def yields(value: object) -> object:
    await gosched()
    return value


async def fails_later() -> None:
    await gosched()
    raise LookupError("later")


def exits() -> None:
    raise SystemExit(3)


async def ends_itself() -> None:
    await gosched()
    goexit()


async def spawns(value: object) -> object:
    go(yields, value)
    return value


def test_a_plain_and_an_async_task_tell_what_they_return() -> None:
    assert Pool().submit((pow, 2, 5), (yields, "a"), (len, "abc")) == [
        (-10, "returned", 32), (-12, "returned", 3), (-11, "returned", "a"),
    ]  # fmt: skip


def test_whatever_a_task_raises_is_its_result_and_the_pool_goes_on() -> None:
    pool = Pool()
    assert pool.submit((divmod, 1, 0), (fails_later,), (exits,), (abs, -1)) == [
        (-10, "raised", "ZeroDivisionError"), (-12, "raised", "SystemExit"), (-13, "returned", 1),
        (-11, "raised", "LookupError"),
    ]  # fmt: skip
    assert not pool.sched.events and not pool.program.gs


def test_a_task_that_ends_itself_says_so_and_is_gone() -> None:
    pool = Pool()
    assert pool.submit((ends_itself,)) == [(-10, "raised", "Goexit")]
    assert not pool.sched.events and not pool.program.gs


def test_tasks_begin_in_the_order_of_their_submission() -> None:
    pool = Pool()
    pool.submit(*((abs, i) for i in range(5)))
    assert [goid for goid, what, _ in pool.client.said if what == "begin"] == [-10, -11, -12, -13, -14]


def test_more_tasks_than_a_ring_holds_lose_none() -> None:
    pool = Pool()
    pool.sched.runq_size  # noqa: B018  # 256
    assert len(pool.submit(*((abs, i) for i in range(300)))) == 300


def test_a_task_may_start_goroutines() -> None:
    pool = Pool()
    assert pool.submit((spawns, 4)) == [(-10, "returned", 4)] and not pool.program.gs


def test_functions_that_have_a_name_are_sent_once_for_many() -> None:
    pool = Pool()
    tasks = pickle.dumps([(-10, 0, pickle.dumps(((3,), {}))), (-11, 0, pickle.dumps(((), {"x": 1})))])
    pool.sched.put([G(-2, pool.program, carry, ((pickle.dumps(dict),), tasks), (), 0)])
    pool.run_until_idle()
    assert pool.client.said[1:] == [(-10, "raised", "TypeError"), (-11, "begin", ""), (-11, "returned", {"x": 1})]


def test_somebody_hungry_hears_of_carried_tasks_at_once() -> None:
    pool = Pool()
    pool.sched.hungry = True
    pool.sched.put([G(-2, pool.program, carry, ((), pickle.dumps([(-10, -1, b""), (-11, -1, b"")])), (), 0)])
    assert pool.sched.run(pool.lease, 64) and len(pool.sched.ring) == 2


def test_a_task_is_known_by_its_number() -> None:
    assert is_task(TASK_FIRST) and is_task(-1000) and not is_task(1) and not is_task(0)
    assert run_task.__name__ in repr(run_task)


def chunk(fn: object, *columns: object, star: bool = False) -> Chunk:
    """`run_chunk` on a kernel with a client."""
    pool = Pool()
    result = pool.run(run_chunk, fn, columns, star)
    assert isinstance(result, tuple)
    return result


@pytest.mark.parametrize(
    ("arguments", "values", "failure"),
    [
        ((abs, [-1, -2]), [1, 2], None),
        ((pow, [2, 3], [3, 2]), [8, 9], None),
        ((yields, [1, 2, 3]), [1, 2, 3], None),
        ((divmod, [1, 1, 1], [1, 0, 1]), [(1, 0)], b"ZeroDivisionError"),
        ((abs, []), [], None),
    ],
)
def test_a_chunk_is_made_item_by_item_until_one_raises(
    arguments: tuple[object, ...], values: list[object], failure: bytes | None
) -> None:
    assert chunk(*arguments)[:2] == (values, failure)


async def odd_only(x: int) -> int:
    await gosched()
    if x % 2 == 0:
        raise ValueError(x)
    return x


def test_a_chunk_of_an_async_function_stops_at_the_first_that_raises_and_closes_the_rest() -> None:
    assert chunk(odd_only, [1, 3, 4, 5])[:2] == ([1, 3], b"ValueError")


def test_a_chunk_of_rows() -> None:
    assert chunk(pow, [(2, 3), (3, 2)], star=True)[:2] == ([8, 9], None)


def test_a_kernel_without_clients_has_no_tasks() -> None:
    async def main() -> None:
        run_task(b"", b"")

    with pytest.raises(AssertionError, match="this kernel has no clients"):
        run(main)
