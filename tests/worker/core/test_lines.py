"""Lines that have not ended: everybody's, but for those of who was preempted in the middle."""

from cluster.kernel.g import PREEMPTED, G, Program
from cluster.model.ids import ProgramId
from tests.fakes import new_gs
from worker.core.lines import Lines


def two() -> list[G]:
    return new_gs("ab", Program(ProgramId(1)), [])


def test_what_is_written_comes_out_by_lines() -> None:
    lines = Lines()
    assert lines.write(None, "one") == "" and lines.write(None, " line\ntwo\nthr") == "one line\ntwo\n"
    assert lines.flush() == "thr" and lines.flush() == "" and lines.rest() == ""


def test_one_may_begin_a_line_and_another_end_it() -> None:
    a, b = two()
    lines = Lines()
    assert lines.write(a, "a") + lines.write(b, "b") + lines.write(a, "\n") == "ab\n"


def test_the_line_of_one_who_was_preempted_in_the_middle_waits_for_the_rest_of_it() -> None:
    a, b = two()
    lines = Lines()
    lines.write(a, "a ")
    a.pinned = PREEMPTED
    assert lines.write(b, "b ") == "" and lines.write(b, "b\n") == "b b\n"
    assert lines.flush() == "", "what b flushes is its own"
    a.pinned = ""
    assert lines.write(a, "a\n") == "a a\n"


def test_who_is_preempted_in_turns_with_others_keeps_its_line_together() -> None:
    a, b = two()
    lines = Lines()
    for _ in range(3):
        a.pinned, b.pinned = "", PREEMPTED
        assert lines.write(a, "a") == ""
        a.pinned, b.pinned = PREEMPTED, ""
        assert lines.write(b, "b") == ""
    a.pinned = b.pinned = ""
    assert lines.write(a, "\n") == "bbbaaa\n", "b is not in the middle of its slice: the line is everybody's"


def test_nothing_is_lost_of_those_who_never_go_on() -> None:
    a, b = two()
    lines = Lines()
    lines.write(a, "a")
    a.pinned = PREEMPTED
    lines.write(b, "b")
    assert lines.rest() == "ab" and lines.rest() == ""
