"""Explanations: one line for each step, in order, with Go's name for it; no step can make them fail."""

import re
from textwrap import fill

from hypothesis import given
from hypothesis import strategies as st

from cluster.trace.explain import WORDS, Explainer
from cluster.wire.messages import Step

MS = 1_000_000
LINE = re.compile(r" *-?[0-9]+\.[0-9] ms  \S.*")

BOOT = [
    Step("SchedInit", 10 * MS, -1, -1, -1, "procs=2"),
    Step("ProcCreate", 10 * MS, -1, 0, -1, ""),
    Step("ProcCreate", 10 * MS, -1, 1, -1, ""),
    Step("MStart", 40 * MS, 0, -1, -1, "pid=4711"),
    Step("ProgramStart", 50 * MS, -1, -1, -1, "hello.py"),
    Step("GoCreate", 50 * MS + 100_000, -1, 0, 1, "runtime.main"),
    Step("ProcStart", 51 * MS, 0, 0, -1, "epoch=1"),
    Step("GoStart", 52 * MS, 0, 0, 1, "main.main"),
    Step("GoEnd", 53 * MS, 0, 0, 1, "main.main"),
    Step("MainReturn", 53 * MS, 0, -1, 1, ""),
    Step("ProgramEnd", 54 * MS, -1, -1, -1, "0"),
]


def test_hello_world_is_told_as_gos_bootstrap() -> None:
    told = [fill(line, 100, subsequent_indent=" " * 11) for line in Explainer().lines(BOOT)]
    assert "\n".join(told) == HELLO.strip("\n")


HELLO = """
   0.0 ms  the scheduler is initialised with GOMAXPROCS 2: at most so many goroutines run at the
           same time, however many Ms there are (schedinit)
   0.0 ms  P0 is created, idle: a P is a right to run goroutines, with a queue of those that are
           runnable (procresize)
   0.0 ms  P1 is created, idle (procresize)
  30.0 ms  M0 is started: operating system process 4711; an M of ours is a process with an
           interpreter of its own, so that Ms run on several cores at once (newm, mstart)
  40.0 ms  the program hello.py begins: runtime.main is to run main.main (runtime.main)
  40.1 ms  the main goroutine G1 is made and put on P0's local queue: main is a goroutine like all
           others, and waits in a queue until an M takes it (newproc, runqput)
  41.0 ms  M0 takes the lease of P0, epoch 1: a thread must be bound to a processor or no goroutine
           runs on it (acquirep)
  42.0 ms  M0, holding P0, takes G1 from the queue and runs main.main (schedule, runqget, execute,
           main.main)
  43.0 ms  G1 ends: main.main has returned (runtime.main)
  43.0 ms  main.main has returned: the program is over now, whatever its other goroutines do
           (runtime.main)
  44.0 ms  the program exits with code 0 (exit)
"""


def test_why_is_told_once() -> None:
    explainer, lease = Explainer(), Step("ProcStart", 0, 3, 1, -1, "epoch=5")
    assert "a thread must be bound" in explainer.line(lease)
    assert explainer.line(lease._replace(at_ns=2 * MS, detail="epoch=6")) == (
        "   2.0 ms  M3 takes the lease of P1, epoch 6 (acquirep)"
    )


def test_a_goroutine_is_named_by_the_function_that_its_making_told() -> None:
    explainer = Explainer(origin_ns=0)
    made = explainer.line(Step("GoCreate", 0, 0, 0, 17, "main.worker"))
    assert "G17 is made for main.worker and put on P0's local queue" in made
    assert explainer.line(Step("GoStart", MS, 1, 1, 17, "")) == (
        "   1.0 ms  M1, holding P1, takes G17 from the queue and runs main.worker (schedule, execute)"
    )
    assert "G17 ends: main.worker has returned" in explainer.line(Step("GoEnd", MS, 1, 1, 17, ""))


def test_a_steal_tells_victim_thief_and_how_many() -> None:
    line = Explainer().line(Step("Steal", 0, 0, -1, -1, "to M2: 5 goroutines"))
    assert "half of what M0 has queued is stolen, to M2: 5 goroutines" in line
    assert line.endswith("(runqsteal)")


def test_a_lease_that_was_retaken_is_not_one_that_was_given_back() -> None:
    given_back, retaken = Step("ProcStop", 0, 1, 0, -1, ""), Step("ProcStop", 0, 1, 0, -1, "retaken")
    assert "M1 gives the lease of P0 back" in Explainer().line(given_back)
    assert "P0 is taken from M1" in Explainer().line(retaken)


def test_steps_that_come_together_are_told_in_the_order_of_time() -> None:
    late, early = Step("Deadlock", 9 * MS, -1, -1, -1, ""), Step("GoSched", 5 * MS, 0, 0, 4, "")
    first, second = Explainer().lines([late, early])
    assert "G4 yields" in first
    assert second.startswith("   4.0 ms  all goroutines are asleep")


def test_an_unknown_kind_is_printed_with_what_it_carries() -> None:
    assert Explainer().line(Step("GCStart", 0, 1, 2, 3, "full")) == "   0.0 ms  GCStart: M1, P2, G3: full"
    assert Explainer().line(Step("GCStart", 0, -1, -1, -1, "")) == "   0.0 ms  GCStart"


def test_every_kind_is_told_on_one_line_that_names_gos_function_and_leaves_no_brace() -> None:
    for kind, words in WORDS.items():
        word, _, special = kind.partition(" ")
        goid = 1 if special == "main" else 7
        detail = special if special not in ("", "main") else "procs=2 pid=3 epoch=4 ran_ms=10.2"
        line = Explainer().line(Step(word, 0, 0, 0, goid, detail))
        assert LINE.fullmatch(line)
        assert line.endswith(f"({words.go})")
        assert not set("{}?") & set(line)


@given(
    st.sampled_from([*WORDS, "GoNew", "\x1b[2J\n"]),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.tuples(st.integers(-1, 1 << 40), st.integers(-1, 1 << 40), st.integers(-1, 1 << 40)),
    st.text(st.characters(exclude_categories=()), max_size=400)
    | st.sampled_from(["=", "m=1", "__class__=x", "detail="]),
)
def test_no_step_can_make_an_explanation_fail_or_break_its_line(
    kind: str, at_ns: int, ids: tuple[int, int, int], detail: str
) -> None:
    line = Explainer(origin_ns=0).line(Step(kind, at_ns, *ids, detail))
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert line.encode()
