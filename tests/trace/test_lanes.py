"""Lanes: everything that ran is in the sums, nothing overlaps in a row, and a lane has a bounded number of bars."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cluster.model.ids import MId, PId
from cluster.trace.lanes import ROWS_MAX, Bar, core_lanes, m_lanes, merge, place
from cluster.wire.messages import Span

GRAIN = 1000


def span(start: int, end: int, *, m: int = 0, core: int = 0, goid: int = 1, name: str = "main.main") -> Span:
    return Span(MId(m), PId(0), goid, name, core, start, end)


@st.composite
def runs(draw: st.DrawFn) -> list[Span]:
    """Spans of up to three Ms; those of one M do not overlap."""
    spans = []
    for m in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, 3 * GRAIN))
        for _ in range(draw(st.integers(0, 30))):
            at += draw(st.integers(0, 3) | st.integers(0, 3 * GRAIN))
            length = draw(st.integers(0, 3) | st.integers(0, 5 * GRAIN))
            core, goid = draw(st.integers(-1, 2)), draw(st.integers(1, 4))
            spans.append(span(at, at + length, m=m, core=core, goid=goid))
            at += length
    return draw(st.permutations(spans))


@given(runs())
def test_no_span_is_lost_from_the_sums(spans: list[Span]) -> None:
    busy = sum(s.end_ns - s.start_ns for s in spans)
    for lanes in (core_lanes(spans, GRAIN), m_lanes(spans, GRAIN)):
        assert sum(lane.spans for lane in lanes) == len(spans)
        assert sum(lane.busy_ns for lane in lanes) == busy
        assert sum(placed.bar.spans for lane in lanes for placed in lane.bars) == len(spans)
    assert [lane.id for lane in core_lanes(spans, GRAIN)] == sorted({s.core for s in spans})
    assert [lane.id for lane in m_lanes(spans, GRAIN)] == sorted({s.m for s in spans})


@given(runs())
def test_bars_of_an_m_are_a_grain_apart_and_do_not_overlap(spans: list[Span]) -> None:
    for lane in m_lanes(spans, GRAIN):
        for (one, *_), (next_one, *_) in pairwise(lane.bars):
            assert next_one.start_ns - one.start_ns >= GRAIN
            assert one.end_ns <= next_one.start_ns


@given(runs())
def test_what_the_bars_of_an_m_cover_is_what_ran_to_one_percent(spans: list[Span]) -> None:
    for lane in m_lanes(spans, GRAIN):
        covered = sum(placed.bar.end_ns - placed.bar.start_ns for placed in lane.bars)
        assert lane.busy_ns <= covered <= lane.busy_ns / 0.99 + 1


@given(runs())
def test_the_strip_of_an_m_has_no_holes(spans: list[Span]) -> None:
    for lane in m_lanes(spans, GRAIN):
        for one, next_one in pairwise(lane.below):
            assert one.end_ns == next_one.start_ns
            assert one.key != next_one.key


def test_spans_far_apart_stay_as_they_are() -> None:
    spans = [span(0, 5000), span(7000, 9000, goid=2, name="main.f")]
    assert list(merge(spans, "goid", GRAIN)) == [Bar(1, 0, 5000, 1, "main.main"), Bar(2, 7000, 9000, 1, "main.f")]


def test_narrow_spans_become_one_bar_of_their_length_that_belongs_to_the_one_that_ran_longest() -> None:
    spans = [span(0, 100), span(300, 600, goid=2, name="main.f"), span(650, 750), span(800, 900)]
    assert list(merge(spans, "goid", GRAIN)) == [Bar(1, 0, 600, 4, "main.main")]


def test_a_goroutine_that_hardly_pauses_is_one_long_bar() -> None:
    spans = [span(at, at + 9_950) for at in range(0, 100_000, 10_000)]
    assert list(merge(spans, "goid", GRAIN)) == [Bar(1, 0, 99_950, 10, "main.main")]


def test_pauses_that_can_be_seen_are_kept() -> None:
    spans = [span(at, at + 6_000) for at in range(0, 100_000, 10_000)]
    assert len(list(merge(spans, "goid", GRAIN))) == 10


def test_a_clock_that_ran_backwards_loses_no_span() -> None:
    (lane,) = m_lanes([span(5000, 4000), span(9000, 9500)], GRAIN)
    assert (lane.spans, lane.busy_ns) == (2, 500)


def test_a_span_without_a_length_comes_before_the_one_that_begins_where_it_does() -> None:
    spans = [span(0, 2000), span(2000, 7000), span(2000, 2000, goid=2)]
    (lane,) = m_lanes(spans, GRAIN)
    assert [(placed.bar.start_ns, placed.bar.end_ns) for placed in lane.bars] == [(0, 2000), (2000, 7000)]


def test_two_ms_on_one_core_share_its_lane_only_while_they_overlap() -> None:
    spans = [span(0, 50_000), span(20_000, 40_000, m=1), span(60_000, 90_000), span(95_000, 99_000, m=1)]
    (lane,) = core_lanes(spans, GRAIN)
    assert [(placed.bar.key, placed.row, placed.rows) for placed in lane.bars] == [
        (0, 0, 2), (1, 1, 2), (0, 0, 1), (1, 0, 1),
    ]  # fmt: skip
    assert (lane.busy_ns, lane.covered_ns) == (50_000 + 20_000 + 30_000 + 4_000, 50_000 + 30_000 + 4_000)


@given(runs())
def test_placed_bars_overlap_by_less_than_a_grain_unless_all_rows_are_taken(spans: list[Span]) -> None:
    bars = [Bar(s.m, s.start_ns, s.end_ns, 1, "") for s in sorted(spans, key=lambda s: s.start_ns)]
    placed = place(bars, GRAIN)
    assert [one.bar for one in placed] == bars
    assert all(0 <= one.row < one.rows <= ROWS_MAX for one in placed)
    for at, one in enumerate(placed):
        for later in placed[at + 1 :]:
            if one.rows < ROWS_MAX and (one.row, one.rows) == (later.row, later.rows):
                assert later.bar.start_ns > one.bar.end_ns - GRAIN


def test_more_overlaps_than_rows_are_drawn_over_each_other() -> None:
    placed = place([Bar(m, m, 10 * GRAIN, 1, "") for m in range(ROWS_MAX + 3)], GRAIN)
    assert len(placed) == ROWS_MAX + 3
    assert {one.rows for one in placed} == {ROWS_MAX}


def test_a_million_pixels_worth_of_spans_is_few_bars() -> None:
    spans = [span(at, at + 5, goid=at % 7) for at in range(0, 100 * GRAIN, 10)]
    (lane,) = m_lanes(spans, GRAIN)
    assert lane.spans == 10_000
    assert len(lane.bars) <= 100
