"""The ladder of switch costs: a table whose last column is a bar on a logarithmic scale.

Each step of the scale is ten times the one before: a bar that is one step longer is ten times as dear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

from cluster.bench.figures import Figure, number
from cluster.model.clock import MICROSECOND, MILLISECOND

CLASSES: Final = {"C": "c", "Go": "go-bar", "go test": "go-bar", "perf": "perf"}  # of bars, by language
FLOOR_NS: Final = 1.0  # what is less has no place on the scale, and a bar of no length


@dataclass(frozen=True, slots=True)
class Bar:
    """One cost, in ns."""

    group: str
    title: str
    language: str
    cost: Figure
    doubt: str = ""  # why it is not to be believed


def ladder(bars: Sequence[Bar]) -> str:
    """All of them, in their order; a line before each group. "" for none."""
    if not bars:
        return ""
    ends = [end for bar in bars for end in (bar.cost.median, *bar.cost.interval)]
    low, high = floor(log10(max(min(ends), FLOOR_NS))), ceil(log10(max(*ends, 10 * FLOOR_NS)))
    marks = "".join(
        f'<span style="left:{100 * (power - low) / (high - low):.1f}%">{duration(10**power)}</span>'
        for power in range(low, high + 1)
    )
    head = f'<th>what</th><th>in</th><th class="n">costs</th><th style="width:46%"><div class="axis">{marks}</div></th>'
    rows, last = [], ""
    for bar in bars:
        if bar.group != last:
            rows.append(f'<tr class="group"><td colspan="4">{escape(bar.group)}</td></tr>')
            last = bar.group
        rows.append(_row(bar, low, high))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(bar: Bar, low: int, high: int) -> str:
    def at(ns: float) -> float:
        return min(100.0, max(0.0, 100 * (log10(max(ns, FLOOR_NS)) - low) / (high - low)))

    first, last = (at(end) for end in bar.cost.interval)
    colour = f' class="{CLASSES[bar.language]}"' if bar.language in CLASSES else ""
    drawn = (
        f'<div class="scale"><i{colour} style="width:{at(bar.cost.median):.1f}%"></i>'
        f'<u style="left:{first:.1f}%;width:{max(last - first, 0.3):.1f}%"></u></div>'
    )
    doubt = f' <span class="dim">({escape(bar.doubt)})</span>' if bar.doubt else ""
    return (
        f'<tr><td>{escape(bar.title)}{doubt}</td><td class="dim">{escape(bar.language)}</td>'
        f'<td class="n">{duration(bar.cost.median)}</td><td>{drawn}</td></tr>'
    )


def duration(ns: float) -> str:
    """With three figures, in a unit that fits."""
    for unit, size in (("ms", MILLISECOND), ("µs", MICROSECOND)):
        if abs(ns) >= size:
            return f"{_short(ns / size)} {unit}"
    return f"{_short(ns)} ns"


def _short(value: float) -> str:
    return f"{value:g}" if value == round(value) and abs(value) < 1000 else number(value)
