import importlib.util
import random
import sys
from types import ModuleType
from typing import Any

import pytest

from cluster.wire import frame
from tests.wire.movable import leaf, park, series

needs_extension = pytest.mark.skipif(not frame.available, reason=frame.why_not)


def imported_anew(monkeypatch: pytest.MonkeyPatch, extension: object) -> Any:  # noqa: ANN401  # a module like `frame`
    """The module as it is when its extension is `extension`."""
    monkeypatch.setitem(sys.modules, "cluster.wire._frame", extension)  # type: ignore[arg-type]  # None is for "there is none"
    monkeypatch.delattr("cluster.wire._frame", raising=False)
    spec = importlib.util.spec_from_file_location("frame_anew", frame.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_the_extension_the_feature_is_off_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    anew = imported_anew(monkeypatch, None)
    assert not anew.available
    assert "cluster.wire._frame was not built" in anew.why_not
    assert "C compiler" in anew.why_not


@needs_extension
@pytest.mark.parametrize("field", [0, 1, 4])
def test_an_extension_that_reads_something_else_is_not_used(monkeypatch: pytest.MonkeyPatch, field: int) -> None:
    false = ModuleType("false")
    false.__dict__.update(vars(frame.primitives))

    def capture(generator: Any) -> tuple[Any, ...]:  # noqa: ANN401
        captured: list[Any] = list(frame.primitives.capture(generator) or ())
        captured[field] = {0: capture, 1: captured[1] + 1, 4: captured[4][::-1]}[field]
        return tuple(captured)

    false.capture = capture  # type: ignore[attr-defined]
    anew = imported_anew(monkeypatch, false)
    assert not anew.available
    assert f"Python {sys.version.split()[0]} differs" in anew.why_not


@needs_extension
def test_a_finished_coroutine_has_no_frame_to_capture() -> None:
    coroutine = leaf(1)
    coroutine.send(None)
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert frame.primitives.capture(coroutine) is None


@needs_extension
def test_what_is_no_generator_is_refused_everywhere() -> None:
    primitives: Any = frame.primitives
    for call in (primitives.capture, primitives.alloc, primitives.abandoned, primitives.inspect_awaitable):
        for nonsense in (None, 3, object(), [].append, leaf.__code__):
            with pytest.raises(TypeError):
                call(nonsense)
    for nonsense in (None, [3], [(1, 2)], [(1, 2, 3)], ((),)):
        with pytest.raises(TypeError):
            primitives.void(nonsense)
    with pytest.raises(frame.primitives.FrameError, match="makes no coroutine"):
        primitives.alloc(lambda: None)
    with pytest.raises(TypeError):
        primitives.set_awaitable(leaf, 1)


@needs_extension
def test_a_frame_that_is_not_empty_is_not_filled() -> None:
    coroutine = leaf(1)
    coroutine.send(None)
    captured = frame.primitives.capture(coroutine)
    assert captured is not None
    with pytest.raises(frame.primitives.FrameError, match="not empty"):
        frame.primitives.restore(coroutine, *captured[1:])
    coroutine.close()


@needs_extension
def test_frames_that_do_not_fit_their_code_are_refused(rng: random.Random) -> None:
    coroutine = leaf(1)
    coroutine.send(None)
    captured = frame.primitives.capture(coroutine)
    assert captured is not None
    function, *state = captured
    husk = frame.primitives.alloc(function)
    odd: tuple[Any, ...] = (-1, 10**6, 1 << 70, None, "x", (), (0,), (-1,), (99,), ("x",), (1 << 70,), (None,) * 99)
    refused = 0
    for _ in range(2000):
        nonsense: Any = list(state)
        # The last one is the only field of which any value will do.
        nonsense[rng.choice((0, 1, 2, 3, 4))] = rng.choice(odd)
        try:
            frame.primitives.restore(husk, *nonsense)
        except (frame.primitives.FrameError, TypeError, OverflowError):
            refused += 1
        else:
            frame.primitives.void([(husk, nonsense[0])])
    assert refused > 1000
    frame.primitives.restore(husk, *state)
    with pytest.raises(StopIteration):
        husk.send(2)  # type: ignore[union-attr]  # a coroutine
    coroutine.close()


def where_it_may_stand(captured: tuple[Any, ...]) -> list[int]:
    """The instructions at which the captured frame can be put back."""
    function, _, *state = captured
    accepted = []
    for instruction in range(len(function.__code__.co_code) // frame.UNITS):
        husk: Any = frame.primitives.alloc(function)
        try:
            frame.primitives.restore(husk, instruction, *state)
        except frame.primitives.FrameError:
            continue
        accepted.append(instruction)
        frame.primitives.void([(husk, instruction)])
    return accepted


@needs_extension
def test_a_frame_stands_only_where_a_coroutine_can_be_suspended() -> None:
    coroutine = leaf(1)
    coroutine.send(None)
    captured = frame.primitives.capture(coroutine)
    assert captured is not None
    function, stood, *state = captured
    assert where_it_may_stand(captured) == [stood]
    nothing_awaited: Any = [state[0], state[1], state[2][: len(function.__code__.co_varnames)], *state[3:]]
    with pytest.raises(frame.primitives.FrameError):
        frame.primitives.restore(frame.primitives.alloc(function), stood, *nothing_awaited)
    coroutine.close()


@needs_extension
def test_a_frame_does_not_stand_in_what_the_interpreter_notes_within_its_code() -> None:
    # The fast form of LOAD_GLOBAL notes the versions of the names it saw: consecutive numbers, one for each of these
    # namespaces, so that the low byte of some is the number of YIELD_VALUE.
    for _ in range(300):
        namespace: dict[str, Any] = {"park": park}
        exec("async def looks_up(): await park()", namespace)
        for _ in range(10):
            namespace["looks_up"]().send(None)
        coroutine = namespace["looks_up"]()
        coroutine.send(None)
        captured = frame.primitives.capture(coroutine)
        assert captured is not None
        assert where_it_may_stand(captured) == [captured[1]]
        coroutine.close()


@needs_extension
def test_void_empties_all_or_none() -> None:
    one, two = leaf(1), leaf(2)
    one.send(None)
    two.send(None)
    at = frame.primitives.capture(one)
    assert at is not None
    with pytest.raises(frame.primitives.FrameError):
        frame.primitives.void([(one, at[1]), (two, at[1] + 1)])
    for coroutine in (one, two):
        with pytest.raises(StopIteration):
            coroutine.send(None)


@needs_extension
def test_the_generators_of_a_frame_that_has_ended_are_found_and_of_no_other() -> None:
    generator = (i for i in range(3))
    next(generator)

    def fails(held: object) -> None:
        raise ValueError(held)

    assert frame.primitives.abandoned(sys._getframe()) == []
    with pytest.raises(ValueError, match="generator") as raised:
        fails(generator)
    assert frame.primitives.abandoned(raised.traceback[-1]._rawentry.tb_frame) == [generator]


@needs_extension
def test_the_state_of_an_async_generators_step_can_be_read_and_set() -> None:
    generator = series(1)
    step = generator.asend(None)
    assert frame.primitives.inspect_awaitable(step) == (generator, None, 0)
    frame.primitives.set_awaitable(step, 2)
    with pytest.raises(RuntimeError, match="cannot reuse"):
        step.send(None)
    with pytest.raises(TypeError):
        frame.primitives.set_awaitable(step, 3)


def test_the_test_programs_park() -> None:
    assert park("x").send(None) == "x"
