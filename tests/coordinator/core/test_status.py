"""The status: the tables, and goroutines as the Ms count them."""

from cluster.model.ids import NO_P, Epoch, MId, PId
from cluster.wire import messages as w
from coordinator.core.status import describe
from tests.coordinator.office import LOAD, Office


def counts(office: Office) -> w.Counts:
    return describe(office.state, {}).counts


def test_status_shows_ps_ms_and_programs() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    office.m(1).immobile, office.m(0).unpreempted = "no compiler", "no greenlet"
    office.say("w0", w.Renew(1, *office.lease(0), LOAD._replace(runnable=3, goroutines=9, tick=4, pinned=2)))
    office.say("w0", w.BadFrame())
    office.say("client", w.BadFrame())
    office.state.turned_away = 2
    office.wait(50)
    census = w.Surveyed(1, (w.Census(program, 8, 1, 0, 0, 16384, 8192),), LOAD, ())
    (p, epoch), status = office.lease(0), describe(office.state, {MId(0): census})
    assert status == w.Status(
        pid=99,
        procs=2,
        globrunq=0,
        ps=(w.PRow(p, "running", 0, epoch, 3, 4), w.PRow(PId(1), "idle", -1, Epoch(0), 0, 0)),
        ms=(
            w.MRow(MId(0), 100, "running", 0, 3, 9, 50, 2, "", "no greenlet", 1),
            w.MRow(MId(1), 101, "idle", -1, 0, 0, 50, 0, "no compiler", "", 0),
        ),
        programs=(w.ProgramRow(program, "p", 9, 16384, 8192, 50),),
        bad_frames=1,
        cut_off=0,
        turned_away=2,
        counts=w.Counts(0, 0, 0, office.state.tally.messages),
    )


def test_steals_and_handoffs_since_the_cluster_began_are_counted() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    assert counts(office)[:3] == (0, 0, 0)
    office.give(0, *(w.Record(program, goid, b"") for goid in (2, 3)))
    office.give(0, w.Record(program, 4, b""))
    assert counts(office)[:3] == (2, 3, 0)
    office.say("w0", w.ReleaseP(*office.lease(0), LOAD, wants=False))
    assert counts(office).handoffs == 0  # it gave the P back of its own will
    office.say("w1", w.ReleaseP(*office.lease(1), LOAD, wants=False, blocked=True))
    assert counts(office)[:3] == (2, 3, 1)


def test_messages_of_ms_are_counted_either_way_and_those_between_ms_as_they_tell() -> None:
    office = Office(procs=1, ms=2)
    before = counts(office).messages
    office.say("client", w.Alive())
    assert counts(office).messages == before
    office.say("w0", w.Renew(1, NO_P, Epoch(0), LOAD._replace(to_ms=5)))  # and is answered
    assert counts(office).messages == before + 2 + 5
    office.say("w1", w.Renew(1, NO_P, Epoch(0), LOAD._replace(to_ms=2)), w.Renew(2, NO_P, Epoch(0), LOAD))
    assert counts(office).messages == before + 2 + 5 + 4  # what an M told last is what counts


def test_goroutines_on_an_idle_p_and_its_tick_are_shown() -> None:
    office = Office(procs=1)
    office.start()
    office.state.table.ps[0].tick = 12
    (row,) = describe(office.state, {}).ps
    assert (row.status, row.runq, row.tick) == ("idle", 1, 12)
