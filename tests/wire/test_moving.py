import gc
import inspect
import random
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cluster.bench.movefuzz import compare
from cluster.bench.movepeer import NoneShared
from cluster.model.errors import CannotShipError
from cluster.wire import frame, moving
from cluster.wire.moving import pack, unpack, void
from cluster.wire.pickling import MAIN_PREFIX, Pickling
from tests.wire import immovable, movable
from tests.wire.immovable import STAYS
from tests.wire.movable import PROGRAMS, Main, leaf, park

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)

FUZZED_PROGRAMS = 60
LEAK_MOVES = 500


def pickling() -> Pickling:
    return Pickling("__main__", NoneShared())


def answers() -> Iterator[object]:
    yield None
    i = 0
    while True:
        i += 1
        yield f"v{i}"


def move(root: object, to: Pickling) -> Any:  # noqa: ANN401  # what `root` was
    """`root`, as another process would have it; the original is empty."""
    packed = pack(root, to)
    void(packed)
    return unpack(packed.data, to)


def run(main: Main, *homes: Pickling) -> tuple[list[str], str]:
    """What a program yields and returns, when it moves to one after the other of `homes`, at each suspension."""
    coroutine, yielded = main(), []
    for i, value in enumerate(answers()):
        try:
            yielded.append(repr(coroutine.send(value)))
        except StopIteration as end:
            return yielded, repr(end.value)
        if homes:
            coroutine = move(coroutine, homes[i % len(homes)])
    raise AssertionError("answers do not end")


def suspended(main: Main, *args: object) -> Any:  # noqa: ANN401  # a coroutine
    coroutine = main(*args)
    coroutine.send(None)
    return coroutine


def end(coroutine: Any, value: object = None) -> object:  # noqa: ANN401
    with pytest.raises(StopIteration) as ended:
        coroutine.send(value)
    return ended.value.value


@pytest.mark.parametrize("main", PROGRAMS, ids=lambda main: main.__name__)
def test_a_program_that_moves_at_each_suspension_does_what_it_does_at_home(main: Main) -> None:
    assert run(main, pickling(), pickling()) == run(main)


@pytest.mark.parametrize("main", PROGRAMS, ids=lambda main: main.__name__)
def test_a_goroutine_moves_before_its_first_step(main: Main) -> None:
    moved = move(main(), pickling())
    assert run(lambda: moved) == run(main)


def expected(text: str, main: Main) -> str:
    source, first = inspect.getsourcelines(main)
    line = next((first + i for i, text in enumerate(source) if text.endswith("# line\n")), 0)
    return text.format(line=line)


@pytest.mark.parametrize(("text", "main"), STAYS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_refusal_names_function_line_and_variable_and_leaves_the_goroutine_as_it_was(text: str, main: Main) -> None:
    coroutine = suspended(main)
    with pytest.raises(CannotShipError) as refused:
        pack(coroutine, pickling())
    assert expected(text, main) in str(refused.value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what a program made and did not await
        if main is immovable.has_file_iterator:
            coroutine.close()
        else:
            end(coroutine)
        gc.collect()


def test_a_running_goroutine_stays() -> None:
    async def asks() -> None:
        with pytest.raises(CannotShipError, match="a running coroutine"):
            pack(started, pickling())

    started = asks()
    end(started)


def test_an_emptied_goroutine_runs_nothing_and_says_that_it_was_awaited() -> None:
    log: list[object] = []

    async def careful() -> None:
        try:
            await park()
        finally:
            log.append("finally")

    coroutine = suspended(careful)
    packed = pack((coroutine, log), pickling())
    void(packed)
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        coroutine.send(None)
    assert coroutine.cr_await is None
    assert not coroutine.cr_running
    with pytest.raises(RuntimeError, match="cannot reuse"):
        coroutine.throw(KeyError)
    coroutine.close()
    del coroutine
    gc.collect()
    assert log == []
    moved, its_log = unpack(packed.data, pickling())  # type: ignore[misc]  # what was packed
    end(moved)
    assert (its_log, log) == (["finally"], [])


def test_what_is_one_object_in_a_goroutine_and_beside_it_stays_one() -> None:
    shared = [1]

    async def holder() -> bool:
        held = shared
        other = await park()
        return other is held

    coroutine = suspended(holder)
    coroutine, copy = move((coroutine, shared), pickling())
    assert copy is not shared
    assert end(coroutine, copy) is True


def test_packing_changes_nothing_and_the_goroutine_goes_on_at_home() -> None:
    coroutine = suspended(leaf, 1)
    assert pack(coroutine, pickling()).data == pack(coroutine, pickling()).data
    assert end(coroutine, "here") == (1, "here")


def test_a_refused_goroutine_is_reloaded_at_home_from_its_bytes() -> None:
    coroutine = suspended(leaf, 1)
    packed = pack(coroutine, pickling())
    void(packed)
    assert end(unpack(packed.data, pickling()), "back") == (1, "back")


def test_a_goroutine_that_has_gone_on_since_it_was_packed_is_not_emptied() -> None:
    async def twice() -> object:
        generator = (i for i in range(3))
        await park(next(generator))
        return [await park(), *generator]

    coroutine = suspended(twice)
    packed = pack(coroutine, pickling())
    coroutine.send(None)
    with pytest.raises(RuntimeError, match="has been resumed since"):
        void(packed)
    assert end(coroutine, "on") == ["on", 1, 2]


def test_damaged_bytes_are_refused() -> None:
    data = pack(suspended(leaf, 1), pickling()).data
    damaged = [data[:n] for n in range(len(data))]
    damaged += [data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :] for i in range(len(data))]
    for bad in damaged:
        with pytest.raises(CannotShipError, match="damaged"):
            unpack(bad, pickling())


def test_a_chain_too_deep_for_pickle_is_written_from_its_far_end() -> None:
    async def down(n: int) -> object:
        return await (park("bottom") if n == 0 else down(n - 1))

    depth = sys.getrecursionlimit() - 400
    coroutine = suspended(down, depth)
    assert len(moving.await_chain(coroutine)) == depth + 2
    assert end(move(coroutine, pickling()), "up") == "up"


def test_a_value_too_deep_for_pickle_is_refused_by_its_name() -> None:
    async def holder() -> object:
        nested: list[object] = []
        for _ in range(100_000):
            nested = [nested]
        await park()
        return len(nested)

    coroutine = suspended(holder)
    with pytest.raises(CannotShipError, match="local 'nested': list: maximum recursion depth"):
        pack(coroutine, pickling())
    assert end(coroutine) == 1


def test_code_of_the_main_file_is_found_under_the_name_of_each_process(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import types\n@types.coroutine\ndef park(): return (yield)\nasync def main():\n async def inner():\n"
    source += "  return await park()\n return await inner(), __name__\n"
    names = [f"{MAIN_PREFIX}{i}__" for i in (1, 2)]
    for name in names:
        module = ModuleType(name)
        exec(compile(source, "main.py", "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)
    there, here = (Pickling(name, NoneShared()) for name in names)
    packed = pack(suspended(sys.modules[names[0]].main), there)
    void(packed)
    assert end(unpack(packed.data, here), "answer") == ("answer", names[1])


def test_code_of_an_edited_file_is_refused_with_both_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "async def main(awaited):\n    return await awaited, {}\n"
    name = f"{MAIN_PREFIX}7__"

    def load(path: str, constant: int) -> None:
        module = ModuleType(name)
        exec(compile(source.format(constant), path, "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)

    load("/theirs/main.py", 1)
    data = pack(suspended(sys.modules[name].main, park()), Pickling(name, NoneShared())).data
    load("/ours/main.py", 2)
    with pytest.raises(CannotShipError, match=r"the code of main in /theirs/main.py.*not that of /ours/main.py"):
        unpack(data, Pickling(name, NoneShared()))


def test_code_that_no_file_has_moves_by_value() -> None:
    space: dict[str, Any] = {"__name__": "nowhere", "park": park}
    exec("async def main(n):\n  def f(): return n + 1\n  return f(), await park(), f()", space)
    coroutine = suspended(space["main"], 1)
    assert end(move(coroutine, pickling()), "v") == (2, "v", 2)


def test_local_classes_move_by_value() -> None:
    async def main() -> object:
        class Local:
            def __init__(self, n: int) -> None:
                self.n = n

        held = Local(3)
        await park()
        return held.n, type(held).__name__, isinstance(held, Local)

    assert end(move(suspended(main), pickling())) == (3, "Local", True)


def test_nothing_moves_without_the_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "available", False)
    monkeypatch.setattr(frame, "why_not", "there is no compiler")
    coroutine = suspended(leaf, 1)
    with pytest.raises(CannotShipError, match="cannot move: there is no compiler"):
        pack(coroutine, pickling())
    with pytest.raises(CannotShipError, match="there is no compiler"):
        unpack(b"", pickling())
    assert end(coroutine) == (1, None)


def test_what_was_written_is_kept_on_demand_and_each_object_once() -> None:
    xs = [["inner"]]
    coroutine = suspended(leaf, [xs, xs, xs[0]])
    assert pack(coroutine, pickling()).written == []
    written = pack(coroutine, pickling(), keep=True).written
    assert [sum(thing is each for thing in written) for each in (coroutine, xs, xs[0])] == [1, 1, 1]
    assert end(coroutine) == ([xs, xs, xs[0]], None)


def test_moves_leave_nothing_behind() -> None:
    home = pickling()
    coroutine = suspended(movable.closures)
    for _ in range(50):
        coroutine = move(coroutine, home)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(LEAK_MOVES):
        coroutine = move(coroutine, home)
    gc.collect()
    assert sys.getallocatedblocks() - before < LEAK_MOVES  # one frame that was left behind is ten blocks
    coroutine.close()


# A program whose `finally` awaits cannot be closed when it is collected, moved or not: Python says so of both runs.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_random_programs_do_the_same_moved_and_unmoved(rng: random.Random) -> None:
    first = rng.randrange(1 << 30)
    differences: list[str] = []
    tally = compare(range(first, first + FUZZED_PROGRAMS), None, differences.append)
    assert (tally.different, tally.refused.total(), tally.same) == ([], 0, FUZZED_PROGRAMS), "\n".join(differences)
    assert tally.moves > FUZZED_PROGRAMS
