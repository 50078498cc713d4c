"""The multi-core picture: read back as XML, it says what the spans said."""

import random
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from cluster.model.ids import MId, PId
from cluster.trace.cores import WIDTH, Run, comparison, milliseconds, picture, ticks
from cluster.wire.messages import Span

SVG = "{http://www.w3.org/2000/svg}"
MS = 1_000_000


def span(start: int, end: int, *, m: int = 0, core: int = 0, goid: int = 1, name: str = "main.main") -> Span:
    return Span(MId(m), PId(m), goid, name, core, start, end)


def lanes_of(svg: str) -> dict[str, ElementTree.Element]:
    """The lanes of a picture by name, in order."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        name = group.get("data-lane")
        assert name is not None
        assert name not in found
        found[name] = group
    return found


def texts_of(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


TWO = [
    span(1000 * MS, 1100 * MS),
    span(1010 * MS, 1090 * MS, m=1, core=1, goid=2, name="main.worker"),
    span(1100 * MS, 1200 * MS, core=1),
    span(1100 * MS, 1180 * MS, m=1, core=0, goid=3, name="main.worker"),
]


def test_there_is_a_lane_for_each_core_and_each_m_in_order() -> None:
    assert list(lanes_of(picture(Run("two", TWO)))) == ["core 0", "core 1", "M0", "M1"]


def test_a_core_that_the_system_did_not_tell_is_a_lane_too() -> None:
    assert list(lanes_of(picture(Run("", [span(0, MS, core=-1)])))) == ["core ?", "M0"]


def test_no_span_is_lost_from_the_sums() -> None:
    lanes = lanes_of(picture(Run("two", TWO)))
    busy = {name: int(lane.get("data-busy-ns", "")) for name, lane in lanes.items()}
    assert busy == {"core 0": 180 * MS, "core 1": 180 * MS, "M0": 200 * MS, "M1": 160 * MS}
    assert sum(int(lane.get("data-spans", "")) for name, lane in lanes.items() if name[0] == "M") == len(TWO)


def test_the_text_tells_time_cores_goroutines_and_shares() -> None:
    texts = texts_of(picture(Run("two", TWO)))
    assert "200 ms · 1.80 of 2 cores at work on average · 2 Ms · 3 goroutines · 4 spans" in texts
    assert texts.count("100 %") == 1  # M0
    assert texts.count("90 %") == 2  # the cores
    assert "G1 main.main · 200 ms" in texts
    assert "G2 main.worker · 80.0 ms" in texts


def test_an_m_that_changes_cores_says_so_in_its_strip() -> None:
    lane = lanes_of(picture(Run("two", TWO)))["M0"]
    assert [t for t in ("".join(node.itertext()) for node in lane.iter(f"{SVG}text")) if t.startswith("core")] == [
        "core 0",
        "core 1",
    ]


def test_idle_time_is_a_gap() -> None:
    lane = lanes_of(picture(Run("gap", [span(0, 10 * MS), span(90 * MS, 100 * MS)])))["core 0"]
    bars = sorted((float(r.get("x", "")), float(r.get("width", ""))) for r in lane.iter(f"{SVG}rect") if r.get("fill"))
    (x0, width0), (x1, _) = bars
    assert x1 - (x0 + width0) == pytest.approx(8 * width0, rel=0.01)


def test_many_spans_make_a_small_file(rng: random.Random) -> None:
    spans, at = [], 0
    for number in range(100_000):
        at += rng.randint(0, 2_000)
        spans.append(span(at, at + 8_000, core=number // 1000 % 2, goid=rng.randint(1, 500), name="main.worker"))
        at += 8_000
    svg = picture(Run("many", spans))
    lanes = lanes_of(svg)
    assert sum(int(lane.get("data-spans", "")) for name, lane in lanes.items() if name[0] == "M") == 100_000
    assert len(svg) < 250_000
    for lane in lanes.values():
        drawn = sum((path.get("d") or "").count("z") for path in lane.iter(f"{SVG}path"))
        drawn += sum(1 for rect in lane.iter(f"{SVG}rect") if rect.get("fill"))
        assert drawn <= 2 * (2 * WIDTH + 2)  # bars and strip


@pytest.mark.parametrize("name", ["main.<lambda>", "a & b", '"quoted"', "bell\x07", "lone\udc80", "]]>", "x" * 500])
def test_a_name_is_only_text(name: str) -> None:
    svg = picture(Run(name, [span(0, MS, name=name)]))
    assert svg.encode()
    assert list(lanes_of(svg)) == ["core 0", "M0"]


def test_a_run_of_nothing_is_a_picture_too() -> None:
    assert "0.00 ms · no goroutine ran" in texts_of(picture(Run("nothing", [])))
    assert lanes_of(picture(Run("nothing", []))) == {}


def test_spans_of_no_length_are_drawn() -> None:
    lane = lanes_of(picture(Run("", [span(5, 5), span(MS, MS, goid=2)])))["M0"]
    assert sum((path.get("d") or "").count("z") for path in lane.iter(f"{SVG}path")) >= 2


def test_the_comparison_has_both_runs_on_one_time_scale_and_tells_times_and_ratio() -> None:
    one = [span(0, 360 * MS, goid=9)]
    svg = comparison(Run("many", TWO, 200 * MS), Run("one", one, 400 * MS))
    texts = texts_of(svg)
    assert "2.00 × as fast on 2 cores" in texts
    assert "200 ms instead of 400 ms, on one time scale" in texts
    assert {"many", "one", "done after 200 ms", "done after 400 ms"} <= set(texts)
    assert texts.count("350") == 2  # the axis under each run goes as far as the longer one
    tracks = [
        float(rect.get("width", ""))
        for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect")
        if rect.get("class") == "track"
    ]
    assert max(tracks) == pytest.approx(2 * min(tracks), rel=0.001)


def test_the_time_before_the_first_span_is_shown_when_its_beginning_is_known() -> None:
    late = Run("late", [span(150 * MS, 200 * MS)], begin_ns=100 * MS, wall_ns=100 * MS)
    assert "100 ms · 0.50 of 1 core at work on average · 1 M · 1 goroutine · 1 span" in texts_of(picture(late))
    (bar,) = (r for r in lanes_of(picture(late))["core 0"].iter(f"{SVG}rect") if r.get("fill"))
    (track,) = (r for r in lanes_of(picture(late))["core 0"].iter(f"{SVG}rect") if r.get("class") == "track")
    assert float(bar.get("x", "")) - float(track.get("x", "")) == pytest.approx(float(track.get("width", "")) / 2)


def test_two_runs_on_equally_many_cores_are_only_compared_by_time() -> None:
    assert "3.00 × as fast" in texts_of(comparison(Run("a", [span(0, MS)]), Run("b", [span(0, 3 * MS)])))


def test_texts_on_one_line_do_not_overlap() -> None:
    names = [span(at * MS, (at + 1) * MS, goid=at, m=at % 3, name="main." + "wide" * at) for at in range(12)]
    for svg in (picture(Run("t" * 300, names)), comparison(Run("a", names), Run("b", [span(0, 900 * MS)]))):
        lines: dict[str, list[tuple[float, float]]] = {}
        for node in ElementTree.fromstring(svg).iter(f"{SVG}text"):
            lines.setdefault(node.get("y", ""), []).append(extent_of(node))
        for line in lines.values():
            line.sort()
            assert all(left[1] <= right[0] for left, right in pairwise(line))
            assert line[-1][1] <= WIDTH


def extent_of(node: ElementTree.Element) -> tuple[float, float]:
    """From where to where a text reaches, when a character is half as wide as it is high."""
    classes = (node.get("class") or "").split()
    size = next((px for name, px in (("title", 18), ("head", 13), ("small", 11), ("tiny", 9)) if name in classes), 12)
    x, width = float(node.get("x", "")), 0.5 * size * len(node.text or "")
    left = x - {"start": 0, "middle": width / 2, "end": width}[node.get("text-anchor", "start")]
    return left, left + width


@pytest.mark.parametrize("wall_ns", [1, 999, 12_345, MS, 17 * MS, 512 * MS, 1000 * MS, 3_600_000 * MS])
def test_ticks_are_round_and_neither_crowded_nor_rare(wall_ns: int) -> None:
    marks = ticks(wall_ns)
    steps: Sequence[int] = sorted({b - a for a, b in pairwise(marks)})
    assert marks[0] == 0
    assert marks[-1] <= wall_ns
    assert len(steps) <= 1
    assert len(marks) <= 12
    if wall_ns > 100:
        assert len(marks) >= 4
        assert str(steps[0]).rstrip("0") in {"1", "2", "5"}


def test_durations_have_three_digits() -> None:
    assert [milliseconds(ns) for ns in (0, 2_500, 1_234_567, 45_670_000, 1_234_567_890)] == [
        "0.00 ms", "0.003 ms", "1.23 ms", "45.7 ms", "1,235 ms",
    ]  # fmt: skip
