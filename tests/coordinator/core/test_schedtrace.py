"""Go's schedtrace lines, to the letter."""

from cluster.model.clock import MILLISECOND
from cluster.model.ids import ProgramId
from cluster.wire import messages as w
from coordinator.core.schedtrace import lines
from tests.coordinator.office import LOAD, Office, records

HEAD = "SCHED 7ms: gomaxprocs=3 idleprocs=1 threads=4 spinningthreads=1 idlethreads=1 runqueue=2"


def office_at_work(godebug: str) -> tuple[Office, dict[int, w.Surveyed]]:
    """M0 runs, M1 spins, M2 is idle; one P is idle; goroutine 1 runs, 3 waits, 2 is on another M."""
    office = Office(procs=3, ms=3)
    program = office.start(godebug=godebug)
    office.give(0, *records(program, 2))
    office.find_work(1)
    office.clock.advance(7 * MILLISECOND)
    office.wait(0)
    answers = {
        0: w.Surveyed(1, (), LOAD._replace(ring=4, globrunq=2, tick=61), (
            w.GRow(program, 3, 4, "chan receive", False),
            w.GRow(program, 1, 2, "", True),
            w.GRow(ProgramId(9), 1, 2, "", False),
        )),
        1: w.Surveyed(1, (), LOAD._replace(tick=5), (w.GRow(program, 2, 4, "sleep", False),)),
    }  # fmt: skip
    return office, answers


def text(godebug: str) -> str:
    office, answers = office_at_work(godebug)
    keyed = {m.id: answers[m.id] for m in office.state.members.ms.values() if m.id in answers}
    return lines(office.state, office.state.programs[ProgramId(1)], keyed)


def test_without_detail_it_is_gos_one_line() -> None:
    assert text("schedtrace=1") == f"{HEAD} [4 0 0]\n"


def test_with_detail_every_p_m_and_g_of_the_program_has_its_line() -> None:
    rest = "mallocing=0 throwing=0 preemptoff= locks=0 dying=0"
    assert text("schedtrace=1,scheddetail=1").splitlines() == [
        f"{HEAD} gcwaiting=0 nmidlelocked=0 stopwait=0 sysmonwait=0",
        "  P0: status=1 schedtick=61 syscalltick=0 m=0 runqsize=4 gfreecnt=0 timerslen=0",
        "  P1: status=1 schedtick=5 syscalltick=0 m=1 runqsize=0 gfreecnt=0 timerslen=0",
        "  P2: status=0 schedtick=0 syscalltick=0 m=-1 runqsize=0 gfreecnt=0 timerslen=0",
        f"  M2: p=-1 curg=-1 {rest} spinning=false blocked=true lockedg=-1",
        f"  M1: p=1 curg=-1 {rest} spinning=true blocked=false lockedg=-1",
        f"  M0: p=0 curg=1 {rest} spinning=false blocked=false lockedg=-1",
        "  G1: status=2() m=0 lockedm=-1",
        "  G2: status=4(sleep) m=-1 lockedm=-1",
        "  G3: status=4(chan receive) m=-1 lockedm=-1",
    ]
