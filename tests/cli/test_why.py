"""What `cluster why` prints, from answers that are made up."""

import json

import pytest

from cluster.cli import why as cli
from cluster.model.ids import MId, ProgramId
from cluster.wire.inquiry import Fact, Found, Known, Moved, ObjAt, Party, Silent, Why
from cluster.wire.messages import ProgramRow

ROW = ProgramRow(ProgramId(3), "app.py", 9, 0, 0, 0)
MUTEX = Known(
    "mutex", MId(0), 4, 0xAB, "lock", 2_500_000_000, (Fact("locked", "yes"),), (Party(12, "lock"),), (2,), (1,), 0
)
HEARD = MUTEX._replace(kind="", address=0, doing="", since_ns=-1, facts=(), waiting=(), inside=(31,), having=())
WAITING = Found("waiting", "semacquire", "", "it waits for an object of this M", "goroutine 7 [semacquire]:", -1, 0, 0)
WHY = Why(
    ProgramId(3), 7, "m", "", 0, 100, 1, "running", 1, (WAITING,), (ObjAt(MId(0), MUTEX), ObjAt(MId(1), HEARD)), (),
    (Moved(MId(0), 1_500_000_000, True),),
)  # fmt: skip


def test_a_waiter_for_a_lock_is_told_who_holds_it() -> None:
    assert cli.text(ROW, WHY).splitlines() == [
        "goroutine 7 of program 3 (app.py): waiting [semacquire]",
        "where: on M0 (pid 100, running, holds P1)",
        "  cannot leave its M: it waits for an object of this M",
        "waits: lock, mutex 4 of M0 at 0xab; for 2.5 s",
        "  locked: yes",
        "  inside of its `async with`, and so holding it (a plain lock() is recorded nowhere): 2 on M0, 31 on M1",
        "  having it in a variable: 1 on M0",
        "  waiting as it does: 12 on M0",
        "history:",
        "  made on M1",
        "  moved to M0 1.5 s ago",
        f"  last run: {cli.NOT_RECORDED}",
        "",
        "goroutine 7 [semacquire]:",
    ]


def test_json_has_the_same() -> None:
    told = json.loads(json.dumps(cli.describe(ROW, WHY)))
    (waits,) = told["waits_for"]
    assert (told["state"], told["m"], told["made_on"], told["ran_s"]) == ("waiting [semacquire]", 0, 1, None)
    assert waits["inside"] == [{"goid": 2, "m": 0}, {"goid": 31, "m": 1}] and waits["since_s"] == 2.5
    assert told["moves"] == [{"m": 0, "ago_s": 1.5, "started": True}]


def test_the_other_side_of_a_channel_could_wake_it() -> None:
    chan = MUTEX._replace(kind="chan", doing="receive", waiting=(Party(5, "send"), Party(6, "receive")), since_ns=-1)
    lines = cli.text(ROW, WHY._replace(objs=(ObjAt(MId(0), chan),))).splitlines()
    assert "  waiting on the other side: 5 on M0" in lines and "  waiting as it does: 6 on M0" in lines
    assert cli.NO_CLOCK in lines[3]


def test_a_far_object_whose_home_does_not_answer_is_said_to_be_unknown() -> None:
    far = ObjAt(MId(0), MUTEX._replace(home=MId(1), address=0, facts=()))
    silent = Silent(MId(1), 1 << 30, 700_000_000)
    text = cli.text(ROW, WHY._replace(objs=(far,), silent=(silent,)))
    assert "its state is not known: its home, M1, has not told it" in text
    assert "did not answer: M1 (pid 1073741824) has said nothing for 700.0 ms" in text


@pytest.mark.parametrize(
    ("place", "state", "where"),
    [
        ("flight", "in flight", "sent to M0, which has not said that it has it; M0 (pid 100, running, holds P1)"),
        ("queue", "runnable", "sent to M0, which has not said that it has it"),
        ("silent", "unknown", "M0 (pid 1073741824) has said nothing for 3.0 s"),
    ],
)
def test_one_that_is_on_no_m_that_answers(place: str, state: str, where: str) -> None:
    silent = (Silent(MId(0), 1 << 30, 3_000_000_000),)
    detail = "sent to M0, which has not said that it has it"
    told = WHY._replace(place=place, detail=detail, found=(), objs=(), silent=silent)
    assert cli.state(told) == state and where in cli.where(told)


def test_one_that_has_ended_is_told_from_one_that_nobody_has_heard_of() -> None:
    nowhere = WHY._replace(place="nowhere", found=(), objs=())
    assert cli.missing(7, [(ROW, nowhere)]) == "goroutine 7 of program 3 has ended: M0 took it 1.5 s ago"
    unknown = nowhere._replace(moves=())
    assert "has ended, or there never was one" in cli.missing(7, [(ROW, unknown)])
    unsure = unknown._replace(silent=(Silent(MId(1), 1 << 30, 10**9),))
    assert "or it is on one of those that do not answer: M1" in cli.missing(7, [(ROW, unsure)])


def test_what_is_recorded_of_its_runs_is_told() -> None:
    ran = WHY._replace(found=(WAITING._replace(ran_ns=4_000_000, slices=9, preempted=2),), moves=(), made_on=-1)
    assert cli.history(ran) == [
        "made by its client, and given to no M yet",
        "it has not moved, as far as is recorded",
        "last run: it ran 4.0 ms ago, 9 slices here, 2 of them preempted",
    ]


def test_a_task_of_a_pool_has_a_number_below_zero() -> None:
    with cli.command.make_context("why", ["-5", "--program", "2"]) as context:
        assert (context.params["goid"], context.params["program"]) == (-5, 2)
