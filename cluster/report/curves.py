"""Speed-up over Ps: a small drawing for each kind of work, with the ideal line; and where the time went, as bars."""

from collections.abc import Callable, Sequence
from html import escape
from math import ceil
from typing import Final

from cluster.bench.efficiency import LOSSES, Lost, Row
from cluster.bench.figures import Figure
from cluster.trace.ink import element, number, text

WIDTH: Final = 320
HEIGHT: Final = 230
LEFT, RIGHT, TOP, BOTTOM = 34, 56, 14, 34
TICKS_MAX: Final = 8
APART_PX: Final = 14  # two labels at the end of two curves

Scale = Callable[[float], float]


def panel(rows: Sequence[Row], says: str) -> str:
    """The curve of one kind of work: rows of strong scaling, by number of Ps. `says` is what the work is."""
    kind, last = rows[0].kind, rows[-1]
    caption = (
        f"<b>{escape(kind)}</b>: {escape(says)}. {last.procs} Ps are "
        f"{last.speedup.median:.2f} times as fast as one: {100 * last.efficiency.median:.0f} % of the ideal."
    )
    return f"<figure>{_drawn(rows)}<figcaption>{caption}</figcaption></figure>"


def _drawn(rows: Sequence[Row]) -> str:
    most = rows[-1].procs
    top = max([row.ideal for row in rows] + [f.interval[1] for row in rows for f in (row.speedup, row.bare_speedup)])
    top = max(ceil(top * 1.02), 1)

    def x(procs: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * ((procs - 1) / (most - 1) if most > 1 else 0.5)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    parts = []
    for value in range(0, top + 1, max(1, ceil(top / TICKS_MAX))):
        parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(value), y2=y(value), class_="rule"))
        parts.append(text(LEFT - 8, y(value) + 4, f"{value}", anchor="end"))
    for row in rows[:: max(1, ceil(len(rows) / TICKS_MAX))]:
        parts.append(
            text(x(row.procs), HEIGHT - BOTTOM + 18, f"{row.procs}{'*' * row.oversubscribed}", anchor="middle")
        )
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 2, "Ps", anchor="middle"))
    ideal = [(x(row.procs), y(row.ideal)) for row in rows]
    parts.append(element("path", d=_path(ideal), class_="ideal"))
    for name, figures in (("bare", [row.bare_speedup for row in rows]), ("ours", [row.speedup for row in rows])):
        parts += _series(name, [(x(row.procs), figure) for row, figure in zip(rows, figures, strict=True)], y)
    parts += _labels(rows[-1], y)
    return element(
        "svg", "".join(parts), class_="plot", viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img",
        aria_label=f"speed-up of {rows[0].kind} over Ps",
    )  # fmt: skip


def _series(name: str, points: Sequence[tuple[float, Figure]], y: Scale) -> list[str]:
    parts = [element("path", d=_path([(at, y(figure.median)) for at, figure in points]), class_=f"line-{name}")]
    for at, figure in points:
        low, high = figure.interval
        if high > low:
            parts.append(element("line", x1=at, x2=at, y1=y(low), y2=y(high), class_=f"line-{name}"))
        parts.append(element("circle", cx=at, cy=y(figure.median), r=4, class_=name))
    return parts


def _labels(row: Row, y: Scale) -> list[str]:
    """What the curves end at, side by side with their ends and never over each other."""
    ours, bare = y(row.speedup.median), y(row.bare_speedup.median)
    if abs(ours - bare) < APART_PX:
        middle, up = (ours + bare) / 2, -1 if ours <= bare else 1
        ours, bare = middle + up * APART_PX / 2, middle - up * APART_PX / 2
    at = WIDTH - RIGHT + 10
    return [
        text(at, ours + 4, f"{row.speedup.median:.2f}", "ours"),
        text(at, bare + 4, f"{row.bare_speedup.median:.2f}", "bare"),
    ]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{number(px)} {number(py)}" for px, py in points)


def account(lost: Lost) -> str:
    """A bar of all the time that the Ps had: work first, then what was lost. A gain has no place in it."""
    shares = {name: max(0.0, getattr(lost, name)) for name in LOSSES}
    work = max(0.0, 1 - sum(shares.values()))
    whole = work + sum(shares.values())
    parts = "".join(
        f'<i class="{name}" style="width:{100 * share / whole:.1f}%" title="{escape(name)}: {share:.1%}"></i>'
        for name, share in {"work": work, **shares}.items()
    )
    return f'<div class="stack">{parts}</div>'
