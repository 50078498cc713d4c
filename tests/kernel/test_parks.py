"""`@parks` makes coroutine functions that Python treats as it treats any other."""

import gc
import inspect
import warnings
from collections.abc import Generator

import pytest

from cluster.kernel.g import SLEEP, WaitReason
from cluster.kernel.parks import DONE, parks
from cluster.kernel.sched import go
from tests.fakes import FakeShell, run


class Door:
    """Something with an operation that parks."""

    @parks
    def knock(self, times: int = 2, *, loud: bool = False) -> Generator[WaitReason, object, list[object]]:
        """Knocks."""
        answers = list[object]()
        for _ in range(times):
            answers.append((yield SLEEP))
        return [*answers, loud]


def test_what_its_body_yields_parks_the_goroutine_and_val_comes_back() -> None:
    shell = FakeShell()
    g = shell.start(Door().knock, 3)
    for answer in ("a", None, "c"):
        shell.run_until_idle()
        assert g.wait_reason is SLEEP
        g.val = answer
        shell.sched.ready(g)
    assert shell.finish() == ["a", None, "c", False]


def test_it_is_a_coroutine_function_with_the_name_the_text_and_the_defaults_of_the_generator_function() -> None:
    assert inspect.iscoroutinefunction(Door.knock) and not inspect.isgeneratorfunction(Door.knock)
    assert (
        Door.knock.__qualname__ == "Door.knock"
        and Door.knock.__doc__ == "Knocks."
        and Door.knock.__module__ == __name__
    )
    assert list(inspect.signature(Door.knock).parameters) == ["self", "times", "loud"]
    with pytest.raises(StopIteration) as end:
        Door().knock(0, loud=True).send(None)
    assert end.value.value == [True]


def test_it_can_be_awaited_once() -> None:
    async def main() -> None:
        knock = Door().knock(0)
        assert await knock == [False]
        with pytest.raises(RuntimeError, match="cannot reuse already awaited"):
            await knock

    run(main)


def test_python_reports_one_that_was_never_awaited() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Door().knock()  # type: ignore[unused-coroutine]  # as mypy reports it, too
        gc.collect()
    assert [str(warning.message) for warning in caught] == ["coroutine 'Door.knock' was never awaited"]


def test_an_exception_is_raised_at_its_yield_and_closing_it_runs_its_finally() -> None:
    log = list[str]()

    @parks
    def careful() -> Generator[WaitReason, object, str]:
        try:
            yield SLEEP
        except KeyError:
            return "caught"
        finally:
            log.append("finally")
        return "not reached"

    first, second = careful(), careful()
    first.send(None)
    with pytest.raises(StopIteration, match="caught"):
        first.throw(KeyError())
    second.send(None)
    second.close()
    assert log == ["finally", "finally"]


def test_only_generator_functions_can_be_made_to_park() -> None:
    async def already() -> None: ...

    with pytest.raises(AssertionError):
        parks(already)  # type: ignore[arg-type]


def test_what_is_done_can_be_awaited_any_number_of_times_and_yields_to_nobody() -> None:
    async def main() -> list[object]:
        log = list[object]()
        go(log.append, "other")
        for _ in range(3):
            log.append(await DONE)
        return log

    assert run(main) == [None, None, None]
