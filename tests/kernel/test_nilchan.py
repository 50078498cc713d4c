"""The nil channel: everything parks for ever, closing panics, and it is one object everywhere."""

import copy
import pickle
from collections.abc import Callable, Coroutine

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.nilchan import NilChan, nil
from cluster.model.errors import CloseOfNilError, ClusterError, NotInGoroutineError, Panic
from cluster.wire.pickling import NoObjects, Pickling
from tests.fakes import AsleepError, FakeShell, run

OPERATIONS: dict[str, tuple[Callable[[], Coroutine[object, object, object]], str]] = {
    "send": (lambda: nil.send(1), "chan send (nil chan)"),
    "recv": (nil.recv, "chan receive (nil chan)"),
    "recv_ok": (nil.recv_ok, "chan receive (nil chan)"),
    "async for": (nil.__anext__, "chan receive (nil chan)"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_parks_for_ever_and_the_dump_says_why(name: str) -> None:
    operation, reason = OPERATIONS[name]
    shell = FakeShell()

    async def main() -> None:
        await operation()

    with pytest.raises(AsleepError):
        shell.run(main)
    parked = shell.program.gs[1].wait_reason
    assert parked is not None and parked.text == reason


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_needs_a_goroutine(name: str) -> None:
    with pytest.raises(NotInGoroutineError):
        OPERATIONS[name][0]().send(None)


def test_closing_panics_with_gos_text() -> None:
    async def main() -> None:
        nil.close()

    with pytest.raises(CloseOfNilError, match="close of nil channel") as caught:
        run(main)
    assert isinstance(caught.value, Panic) and isinstance(caught.value, ClusterError)


def test_it_has_no_length_and_no_capacity_and_is_a_true_channel() -> None:
    assert (len(nil), nil.cap, nil.zero, bool(nil), repr(nil)) == (0, 0, None, True, "nil")
    assert isinstance(nil, Chan) and nil == nil


def test_there_is_one_whatever_is_done_to_it() -> None:
    pickling = Pickling(__name__, NoObjects())
    for other in (
        NilChan(),
        copy.copy(nil),
        copy.deepcopy([nil])[0],
        pickle.loads(pickle.dumps(nil)),
        pickling.loads(pickling.dumps(nil)),
    ):
        assert other is nil
