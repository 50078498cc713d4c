"""Drawings as text: what took most of a cell is what it shows."""

from cluster.trace.timeline import LABEL_WIDTH, TICK_CELLS, Window, draw
from tests.trace.test_handoffs import STEPS, span

SPANS = [span(0, 1, 1, 6), span(0, 7, 6, 92), span(2, 5, 22, 40), span(2, 6, 40, 94), span(0, 7, 95, 98, p=1)]
ALL = Window(0, 100, 20, 0)


def rows(lines: list[str]) -> dict[str, str]:
    """The cells by label."""
    return {line[:LABEL_WIDTH].strip(): line[LABEL_WIDTH:] for line in lines if line[:1] in ("P", "M", "G")}


def test_the_p_is_seen_to_leave_the_blocked_m_and_that_to_come_back() -> None:
    assert rows(draw(SPANS, STEPS, ALL)) == {
        "P0": "000·2222222222222222",
        "P1": "···················0",
        "M0": "ad░░░░░░░░░░░░░░░░dd",
        "M2": "    bb░░ccccccccccc·",
    }


def test_goroutines_have_rows_in_which_short_slices_are_seen() -> None:
    spans = [span(0, 1, 0, 50), span(0, 2, 50, 51), span(0, 1, 51, 100)]
    drawn = rows(draw(spans, [], Window(0, 100, 10, 0), goroutines=True))
    assert drawn == {"M0": "aaaaaaaaaa", "G1": "██████████", "G2": "     ▏"}


def test_a_window_shows_its_part_and_the_axis_its_times() -> None:
    spans = [span(0, 1, 0, 60_000_000), span(0, 2, 60_000_000, 90_000_000)]
    lines = draw(spans, [], Window(50_000_000, 90_000_000, 2 * TICK_CELLS, 10_000_000))
    assert lines[0] == " " * LABEL_WIDTH + "|40 ms".ljust(TICK_CELLS) + "|60 ms"
    assert rows(lines) == {"M0": "a" * 10 + "b" * 30}


def test_the_legend_names_goroutines_by_function() -> None:
    lines = draw(SPANS, STEPS, ALL)
    assert "main.f: a = G1, b = G5, c = G6, d = G7" in [line.strip() for line in lines]


def test_nothing_is_drawn_of_nothing() -> None:
    assert not rows(draw([], [], ALL))
