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
        "SELECT": 10,
        "SELECT_ENLIST": 11,
        "SELECT_WITHDRAW": 12,
        "SELECT_CLAIM": 13,
        "SELECT_HOLD": 14,
        "SELECT_COMMIT": 15,
        "SELECT_RELEASE": 16,
        "SELECT_OFFER": 17,
        "SELECT_SETTLED": 18,
        "MUTEX_LOCK": 20,
        "MUTEX_TRY_LOCK": 21,
        "MUTEX_UNLOCK": 22,
        "RW_LOCK": 30,
        "RW_TRY_LOCK": 31,
        "RW_UNLOCK": 32,
        "RW_RLOCK": 33,
        "RW_TRY_RLOCK": 34,
        "RW_RUNLOCK": 35,
        "ONCE_ENTER": 40,
        "ONCE_LEAVE": 41,
        "COND_ADD": 45,
        "COND_WAIT": 46,
        "COND_SIGNAL": 47,
        "COND_BROADCAST": 48,
        "SEMAPHORE_ACQUIRE": 50,
        "SEMAPHORE_TRY_ACQUIRE": 51,
        "SEMAPHORE_RELEASE": 52,
        "ERRGROUP_ADD": 55,
        "ERRGROUP_ENTER": 56,
        "ERRGROUP_LEAVE": 57,
        "ERRGROUP_WAIT": 58,
        "CONTEXT_CANCEL": 60,
        "CONTEXT_WATCH": 61,
        "TIMER_STOP": 70,
        "TIMER_RESET": 71,
        "CHAN_BORROW": 80,
        "CHAN_MORE": 81,
        "CHAN_TOOK": 82,
        "CHAN_ROOM": 83,
        "CHAN_PUT": 84,
        "CHAN_AGAIN": 85,
        "CHAN_RECALL": 86,
    }


@pytest.mark.parametrize("call", [NoFar.ask, NoFar.tell, NoFar.demand])
def test_a_kernel_that_is_alone_reaches_nobody(call: Callable[..., object]) -> None:
    (g,) = new_gs("g", Program(ProgramId(1)), [])
    with pytest.raises(AssertionError, match="homed elsewhere, and this kernel is alone"):
        call(NoFar(), g, AWAY, FarOp.CHAN_SEND, 1)
