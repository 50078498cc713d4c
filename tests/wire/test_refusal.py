import pytest

from cluster.wire import frame
from cluster.wire.refusal import explain, text_of, variables
from tests.wire.movable import park

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)


def refuses_strings(value: object) -> Exception | None:
    return ValueError(f"not {value}") if isinstance(value, str) else None


def test_the_innermost_frame_that_holds_what_is_refused_is_named() -> None:
    async def inner(text: str) -> object:
        return [text, await park(1)]

    async def outer(also: str) -> object:
        return await coroutine

    coroutine, caller = inner("a"), outer("b")
    caller.send(None)
    text = explain(TypeError("general"), [caller, coroutine], refuses_strings)
    line = inner.__code__.co_firstlineno + 1
    assert text == f"{inner.__qualname__} (test_refusal.py:{line}) local 'text': str: not a"
    assert explain(TypeError("general"), [caller], refuses_strings).endswith("local 'also': str: not b")
    caller.close()


def test_an_expression_is_named_only_when_no_variable_is() -> None:
    async def waits() -> object:
        return ["a", await park(1)]

    coroutine = waits()
    coroutine.send(None)
    assert "in an expression" in explain(TypeError("general"), [coroutine], refuses_strings)
    coroutine.close()


def test_what_no_variable_explains_is_told_as_it_was() -> None:
    assert explain(TypeError("general"), [], refuses_strings) == "general"
    assert text_of(KeyError()) == "KeyError"

    class MuteError(Exception):
        def __str__(self) -> str:
            raise LookupError

    assert text_of(MuteError()) == "MuteError"


def test_the_variables_of_a_frame_are_its_own_those_of_its_closure_and_what_an_expression_holds() -> None:
    outer = ["outer"]

    async def waits(argument: str) -> object:
        return ["pending", argument, outer, await park(1)]

    coroutine = waits("a")
    coroutine.send(None)
    suspended = variables(coroutine)
    assert suspended is not None
    assert (suspended.module, suspended.code, suspended.line) == (
        __name__,
        waits.__code__,
        waits.__code__.co_firstlineno + 1,
    )
    found = {label: getattr(value, "cell_contents", value) for label, value in suspended.values}
    assert found["local 'argument'"] == "a" and found["local 'outer'"] is outer
    assert found["the exception that is being handled"] is None
    assert "pending" in [value for label, value in suspended.values if label.startswith("in an expression")]
    coroutine.close()
    assert variables(coroutine) is None
