"""The state: commands in order, steps for those who watch, and disagreement found."""

import pytest

from cluster.model.clock import Instant
from cluster.model.ids import MId, PId
from cluster.wire import messages as w
from coordinator.core.membership import PeerId
from coordinator.core.ptable import PTable
from coordinator.core.state import BOOT_STEPS_MAX, Log, Send, State
from tests.coordinator.office import Office


def test_commands_leave_in_the_order_in_which_they_were_decided() -> None:
    s = State(PTable(1), 99, Instant(3))
    m = s.members.join(PeerId(b"m"), 1, "", s.now)
    s.tell(m, w.Stop("one"))
    s.warn("a phrase", p=1, m=2)
    s.send(PeerId(b"c"), w.Refused("two"))
    assert s.out == [
        Send(PeerId(b"m"), w.Stop("one")),
        Log("a phrase", (("p", 1), ("m", 2))),
        Send(PeerId(b"c"), w.Refused("two")),
    ]


def test_steps_before_any_program_are_kept_for_those_who_ask_later_and_are_bounded() -> None:
    s = State(PTable(1), 99, Instant(3))
    for i in range(BOOT_STEPS_MAX + 5):
        s.step("MStart", m=i)
    assert s.boot_steps[0] == w.Step("MStart", 3, 0, -1, -1, "") and len(s.boot_steps) == BOOT_STEPS_MAX
    assert not s.out


def test_a_step_is_told_to_those_who_watch_and_one_of_a_program_to_its_client_only() -> None:
    office = Office(procs=3)
    office.start("ann", explain=True)
    office.start("bob", explain=True)
    office.start("eve")
    first = next(iter(office.state.programs.values()))
    office.state.step("MStart")
    office.state.step("GoCreate", program=first)
    told = [(c.peer, c.message) for c in office.state.out if isinstance(c, Send)]
    assert [(peer, message.steps[0].kind) for peer, message in told if isinstance(message, w.Traced)] == [
        (b"ann", "MStart"), (b"bob", "MStart"), (b"ann", "GoCreate"),
    ]  # fmt: skip
    office.state.out.clear()


def test_an_m_and_a_p_that_disagree_are_found() -> None:
    office = Office(procs=2, ms=2)
    office.start()
    office.state.table.ps[0].holder = MId(1)
    with pytest.raises(AssertionError, match="M 0 thinks it holds P 0"):
        office.state.validate()
    office.m(0).p = PId(1)
    with pytest.raises(AssertionError):
        office.state.validate()
