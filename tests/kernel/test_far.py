"""The seam to other Ms."""

from collections.abc import Callable

import pytest

from cluster.kernel.far import FarOp, NoFar
from cluster.kernel.g import Program
from cluster.model.ids import MId, ObjId, ProgramId
from tests.fakes import new_gs

AWAY = ObjId(MId(7), 3)


def test_operations_keep_their_numbers() -> None:
    """They cross the wire: a new one gets a new number."""
    assert {op.name: op.value for op in FarOp} == {
        "CHAN_SEND": 1,
        "CHAN_RECV": 2,
        "CHAN_CLOSE": 3,
        "CHAN_LEN": 4,
        "WG_ADD": 5,
        "WG_WAIT": 6,
    }


@pytest.mark.parametrize("call", [NoFar.ask, NoFar.tell, NoFar.demand])
def test_a_kernel_that_is_alone_reaches_nobody(call: Callable[..., object]) -> None:
    (g,) = new_gs("g", Program(ProgramId(1)), [])
    with pytest.raises(AssertionError, match="homed elsewhere, and this kernel is alone"):
        call(NoFar(), g, AWAY, FarOp.CHAN_SEND, 1)
