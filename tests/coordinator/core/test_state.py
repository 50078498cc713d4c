"""The state: commands in order, steps for those who watch, and disagreement found."""

import pytest

from cluster.model.clock import Instant
from cluster.model.ids import MId, PId
from cluster.model.limits import CLIENT_EXPIRE_NS
from cluster.wire import messages as w
from coordinator.core.membership import PeerId
from coordinator.core.ptable import PTable
from coordinator.core.state import BOOT_STEPS_MAX, Forget, Log, Send, State
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


def test_an_m_that_prints_for_a_client_that_does_not_read_is_acknowledged_when_it_does_again() -> None:
    office = Office(procs=2, ms=2)
    slow, quick = office.start("ann"), office.start("bob")
    office.core.is_full(PeerId(b"ann"), True)
    office.say("w0", w.Output(slow, 1, b"line\n"))
    assert office.heard("ann", w.Output) and not office.heard("w0", w.Told)
    office.say("w0", w.Output(slow, 1, b"line\n"))
    assert not office.heard("w0", w.Told)
    office.say("w1", w.Output(quick, 1, b"line\n"))
    assert office.heard("w1", w.Told) == [w.Told(1)], "who prints for somebody else need not wait"
    office.core.is_full(PeerId(b"ann"), False)
    office.wait(0)
    assert office.heard("w0", w.Told) == [w.Told(2)]


def test_an_m_that_is_lost_and_a_client_that_is_gone_are_forgotten_by_the_shell() -> None:
    office = Office(procs=1, ms=1)
    office.start("ann")
    office.state.out.clear()
    commands = office.core.step([(PeerId(b"nursery"), w.MExited(100, 0, 9))], office.clock.now())
    assert Forget(PeerId(b"w0")) in commands
    office.clock.advance(CLIENT_EXPIRE_NS + 1)
    assert Forget(PeerId(b"ann")) in office.core.step([], office.clock.now())
