"""Bars on a logarithmic scale."""

import re

from cluster.bench.figures import Figure
from cluster.report.costs import Bar, duration, ladder


def widths(html: str) -> list[float]:
    return [float(width) for width in re.findall(r'<i[^>]*style="width:([\d.]+)%"', html)]


def bar(ns: float, group: str = "g", language: str = "Python", doubt: str = "") -> Bar:
    return Bar(group, f"takes {ns:g}", language, Figure("ns", (ns,)), doubt)


def test_a_bar_that_is_ten_times_as_dear_is_one_step_longer() -> None:
    html = ladder([bar(10), bar(100), bar(1000), bar(10_000)])
    assert widths(html) == [0.0, 33.3, 66.7, 100.0]
    assert re.findall(r"%\">([^<]+)</span>", html) == ["10 ns", "100 ns", "1 µs", "10 µs"]


def test_groups_are_named_once_and_what_is_in_doubt_says_so() -> None:
    html = ladder([bar(10, "one"), bar(20, "one", "C"), bar(30, "two", doubt="<refused>")])
    assert html.count("one</td>") == 1 and html.count("two</td>") == 1
    assert '<i class="c"' in html and "(&lt;refused&gt;)" in html


def test_nothing_and_less_than_nothing_have_no_bar() -> None:
    assert ladder([]) == ""
    assert widths(ladder([bar(-3), bar(100)]))[0] == 0.0  # a cost of which its baseline left nothing


def test_durations_have_a_unit_that_fits() -> None:
    assert [duration(ns) for ns in (3.14159, 250, 1400, 2_000_000, -5)] == [
        "3.14 ns",
        "250 ns",
        "1.40 µs",
        "2 ms",
        "-5 ns",
    ]
