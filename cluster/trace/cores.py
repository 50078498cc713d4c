"""The multi-core picture: which M ran which goroutine on which CPU core, and when, as one SVG.

Above, a lane per core, coloured by M: two bars above each other at one time are two cores at work.
Below, a lane per M, coloured by goroutine, on a strip that says which core the M was on. The ground
shows through where nothing ran. `comparison` puts the run on many cores over the same job pinned to
one core, on one time scale, so that the eye measures the speed-up and the text only says it.

The file is self-contained: no script, no font, no link. It is bounded however long the run was
(see lanes.py); bars wide enough for a pointer tell more in a tooltip, the narrow ones of one colour
share one path.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from cluster.trace.ink import (
    CORE_GREYS,
    G_COLOURS,
    M_COLOURS,
    STYLE,
    element,
    fitted,
    number,
    text,
    text_class_on,
    titled,
    width_of,
)
from cluster.trace.lanes import Bar, Lane, Placed, core_lanes, m_lanes
from cluster.wire.messages import Span

WIDTH: Final = 1080  # pixels; wide enough for two bars a pixel to mean something, and for a page of text
LEFT: Final = 96  # margin for the names of lanes
RIGHT: Final = 74  # and for their sums
TOP: Final = 14
CHART: Final = WIDTH - LEFT - RIGHT
LANE: Final = 24  # height of a lane
STRIP: Final = 13  # of the strip of cores under the lane of an M
GAP: Final = 8  # of the air between lanes
GRAIN_PX: Final = 0.5  # a bar per half pixel: what a screen of two device pixels each can show
TOOLTIP_PX: Final = 3.0  # bars from here on can be pointed at
SCALE_NS_MIN: Final = 10_000  # no chart shows less time than this: a run of nothing has a time axis too
TICK_PX: Final = 90  # at least so far apart
LEGEND_MAX: Final = 8  # goroutines named under a picture
LEGEND_COMPARED_MAX: Final = 4  # and under each of two


@dataclass(frozen=True, slots=True)
class Run:
    """A traced run. Its user waited `wall_ns` from `begin_ns` on; 0: from the first span, to the end of the last."""

    title: str
    spans: Sequence[Span]
    wall_ns: int = 0
    begin_ns: int = 0  # an instant of the spans' clock


def picture(run: Run) -> str:
    """One run as an SVG."""
    chart = _Chart(run, None)
    y = TOP + 18
    body = [text(LEFT, y, fitted(run.title, CHART, 18), "title")]
    body.append(text(LEFT, y + 20, fitted(chart.facts(), CHART), "dim"))
    body.append(chart.drawn(y + 38))
    return _page(run.title, chart.facts(), body, y + 38 + chart.height)


def comparison(many: Run, one: Run) -> str:
    """The run on many cores over the same job on one core, on one time scale, with both times and their ratio."""
    wall_ns = max(_wall_ns(many), _wall_ns(one))
    above, below = _Chart(many, wall_ns), _Chart(one, wall_ns)
    title = f"{_three_digits(below.wall_ns / max(above.wall_ns, 1))} × as fast"
    if len(above.cores) != len(below.cores):
        title += f" on {above.cores_used}"
    facts = f"{milliseconds(above.wall_ns)} instead of {milliseconds(below.wall_ns)}, on one time scale"
    y = TOP + 18
    body = [text(LEFT, y, title, "title"), text(LEFT, y + 20, fitted(facts, CHART), "dim")]
    y += 38
    for chart in (above, below):
        body.append(text(LEFT, y + 18, fitted(chart.title, CHART, 13), "head"))
        body.append(text(LEFT, y + 36, fitted(chart.facts(), CHART), "small dim"))
        body.append(chart.drawn(y + 48))
        y += 48 + chart.height + 14
    return _page(title, facts, body, y)


def milliseconds(ns: int) -> str:
    """A duration for people, in ms."""
    return f"{_three_digits(ns / 1e6)} ms"


def ticks(wall_ns: int) -> list[int]:
    """Where the time axis is marked, in ns from its beginning: multiples of 1, 2 or 5 of a power of ten."""
    least = max(wall_ns, 1) * TICK_PX / CHART
    power = 10 ** floor(log10(least))
    step = max(ceil(next(power * k for k in (1, 2, 5, 10) if power * k >= least)), 1)
    return list(range(0, wall_ns + 1, step))


class _Chart:
    """The lanes of one run, from where they begin to the end of the legend."""

    def __init__(self, run: Run, wall_ns: int | None) -> None:
        self.title = run.title
        self.wall_ns = _wall_ns(run)
        self.begin_ns = _begin_ns(run)
        self.scale_ns = max(wall_ns or self.wall_ns, SCALE_NS_MIN)  # what the width of the chart stands for
        self.compared = wall_ns is not None
        grain_ns = max(int(self.scale_ns * GRAIN_PX / CHART), 1)
        self.cores = core_lanes(run.spans, grain_ns)
        self.ms = m_lanes(run.spans, grain_ns)
        self.ran = _ran(run.spans)
        self.legend = _legend(self.ran, LEGEND_COMPARED_MAX if self.compared else LEGEND_MAX)
        self.g_colours = {goid: G_COLOURS[rank % len(G_COLOURS)] for rank, goid in enumerate(self.ran)}
        self.m_colours = {lane.id: M_COLOURS[at % len(M_COLOURS)] for at, lane in enumerate(self.ms)}
        self.greys = {lane.id: CORE_GREYS[at % len(CORE_GREYS)] for at, lane in enumerate(self.cores)}
        lanes = len(self.cores) * (LANE + GAP) + len(self.ms) * (LANE + STRIP + GAP)
        self.lanes_height = 20 + lanes + 26 + (18 if self.compared else 0)
        self.height = self.lanes_height + 36 + 20 * (max((row for row, *_ in self.legend), default=0) + 1)

    @property
    def cores_used(self) -> str:
        return f"{len(self.cores)} {'core' if len(self.cores) == 1 else 'cores'}"

    def facts(self) -> str:
        """The run in numbers."""
        if not self.ms:
            return f"{milliseconds(self.wall_ns)} · no goroutine ran"
        spans = sum(lane.spans for lane in self.ms)
        at_work = sum(lane.covered_ns for lane in self.cores) / max(self.wall_ns, 1)
        return (
            f"{milliseconds(self.wall_ns)} · {at_work:.2f} of {self.cores_used} at work on average · {len(self.ms)} M"
            f"{'' if len(self.ms) == 1 else 's'} · {_many(len(self.ran), 'goroutine')} · {_many(spans, 'span')}"
        )

    def drawn(self, top: float) -> str:
        """The lanes, the axis and the legend, from `top` downwards."""
        y = top + 20
        lanes = [self._heading(top + 12, "CPU cores", "colour: M")]
        for lane in self.cores:
            lanes.append(self._core(lane, y))
            y += LANE + GAP
        ruled = [(top + 16, y)]  # the lines of the axis stop where words are
        lanes.append(self._heading(y + 18, "Ms", "colour: goroutine; strip: the core it was on"))
        y += 26
        ruled.append((y - 4, y + len(self.ms) * (LANE + STRIP + GAP)))
        for lane in self.ms:
            lanes.append(self._m(lane, y))
            y += LANE + STRIP + GAP
        if self.compared:
            lanes.append(self._done(top + 20, y))
            y += 18
        ruled.append((y, y + 4))
        return self._axis(ruled) + "".join(lanes) + self._legend_drawn(y + 44)

    def x(self, ns: int) -> float:
        return LEFT + CHART * (ns - self.begin_ns) / self.scale_ns

    def _heading(self, y: float, name: str, note: str) -> str:
        busy = text(WIDTH - RIGHT + 8, y, "busy", "small dim")
        return text(LEFT, y, name, "head") + text(LEFT + width_of(name, 13) + 10, y, note, "small dim") + busy

    def _core(self, lane: Lane, y: float) -> str:
        name = f"core {lane.id}" if lane.id >= 0 else "core ?"
        bars = self._bars(lane.bars, y, self.m_colours, "M")
        return self._lane(lane, name, name, y, LANE, lane.covered_ns, bars)

    def _m(self, lane: Lane, y: float) -> str:
        name = f"M{lane.id}"
        left = LEFT - 10 - width_of(name) - 16
        swatch = element("rect", x=left, y=y + 7, width=10, height=10, rx=2, fill=self.m_colours[lane.id])
        bars = self._bars(lane.bars, y, self.g_colours, "G")
        strip = self._bars([Placed(bar, 0, 1) for bar in lane.below], y + LANE + 1, self.greys, "core ", STRIP - 1)
        return self._lane(lane, name, name, y, LANE, lane.busy_ns, swatch + bars + strip)

    def _lane(self, lane: Lane, key: str, name: str, y: float, height: float, ran_ns: int, bars: str) -> str:
        share = f"{100 * ran_ns / max(self.wall_ns, 1):.0f} %"
        return element(
            "g",
            text(LEFT - 10, y + 16, name, anchor="end")
            + element("rect", class_="track", x=LEFT, y=y, width=CHART * self.wall_ns / self.scale_ns, height=height)
            + bars
            + text(WIDTH - RIGHT + 8, y + 16, share, "dim"),
            data_lane=key,
            data_spans=lane.spans,
            data_busy_ns=str(lane.busy_ns),
        )

    def _bars(
        self, bars: Iterable[Placed], y: float, colours: dict[int, str], prefix: str, height: float = LANE
    ) -> str:
        drawn: list[str] = []
        narrow: dict[str, list[str]] = {}  # by colour: pieces of a path
        for bar, row, rows in bars:
            colour, x = colours[bar.key], self.x(bar.start_ns)
            width, tall = max(CHART * (bar.end_ns - bar.start_ns) / self.scale_ns, GRAIN_PX / 2), height / rows
            at = y + row * tall
            if width < TOOLTIP_PX:
                piece = f"M{number(x)} {number(at)}h{number(width)}v{number(tall)}h-{number(width)}z"
                narrow.setdefault(colour, []).append(piece)
                continue
            tooltip = titled(self._tooltip(bar, prefix))
            drawn.append(element("rect", tooltip, x=x, y=at, width=width, height=tall, fill=colour))
            label = f"{prefix}{bar.key}"
            size, class_ = (11, "small") if tall > STRIP else (9, "tiny")
            if tall >= 10 and width_of(label, size) + 8 <= width:
                base = at + tall / 2 + size * 0.36
                drawn.append(text(x + width / 2, base, label, f"{class_} {text_class_on(colour)}", "middle"))
        paths = [element("path", d="".join(pieces), fill=colour) for colour, pieces in narrow.items()]
        return "".join(paths + drawn)

    def _tooltip(self, bar: Bar, prefix: str) -> str:
        since = (bar.start_ns - self.begin_ns) / 1e6
        merged = f", {bar.spans:,} spans" if bar.spans > 1 else ""
        name = f" {bar.name}" if prefix == "G" else ""
        return f"{prefix}{bar.key}{name}: {since:,.3f} ms + {(bar.end_ns - bar.start_ns) / 1e6:,.3f} ms{merged}"

    def _axis(self, ruled: Sequence[tuple[float, float]]) -> str:
        lines, labels, foot = [], [], ruled[-1][1] + 14
        marks = ticks(self.scale_ns)
        step_ms = (marks[1] if len(marks) > 1 else self.scale_ns) / 1e6
        digits = max(0, -floor(log10(step_ms)))
        for at in marks:
            x = LEFT + CHART * at / self.scale_ns
            line = "".join(f"M{number(x)} {number(top)}V{number(bottom)}" for top, bottom in ruled)
            lines.append(element("path", class_="grid", d=line))
            labels.append(text(x, foot, f"{at / 1e6:,.{digits}f}" if at else "0", "small dim", "middle"))
        return "".join(lines + labels) + text(LEFT - 10, foot, "ms", "small dim", "end")

    def _done(self, top: float, bottom: float) -> str:
        """The end of the run: a line through the lanes, and the wall time at its foot."""
        x = LEFT + CHART * self.wall_ns / self.scale_ns
        words = f"done after {milliseconds(self.wall_ns)}"
        fits_left = x - LEFT >= width_of(words) + 6
        line = element("path", class_="done", d=f"M{number(x)} {number(top)}V{number(bottom + 14)}")
        return line + text(x - 6 if fits_left else x + 6, bottom + 12, words, "head", "end" if fits_left else "start")

    def _legend_drawn(self, y: float) -> str:
        drawn = []
        for row, x, colour, words in self.legend:
            if colour:
                drawn.append(element("rect", x=x, y=y + 20 * row - 9, width=10, height=10, rx=2, fill=colour))
            drawn.append(text(x + (15 if colour else 0), y + 20 * row, words, "small" if colour else "small dim"))
        return "".join(drawn)


def _ran(spans: Iterable[Span]) -> dict[int, tuple[str, int]]:
    """Each goroutine's name and how long it ran in ns; the longest first."""
    ran: dict[int, tuple[str, int]] = {}
    for span in spans:
        ran[span.goid] = (span.name, ran.get(span.goid, ("", 0))[1] + span.end_ns - span.start_ns)
    return dict(sorted(ran.items(), key=lambda item: (-item[1][1], item[0])))


def _legend(ran: dict[int, tuple[str, int]], named_max: int) -> list[tuple[int, float, str, str]]:
    """The goroutines that ran longest, flowed into rows: row, x, colour ("" for a note), words."""
    entries = [
        (G_COLOURS[rank], fitted(f"G{goid} {name}", 220, 11) + f" · {milliseconds(ran_ns)}")
        for rank, (goid, (name, ran_ns)) in enumerate([*ran.items()][:named_max])
    ]
    if len(ran) > named_max:
        entries.append(
            ("", f"and {_many(len(ran) - named_max, 'goroutine')} more; colours repeat after {len(G_COLOURS)}")
        )
    placed: list[tuple[int, float, str, str]] = []
    row, x = 0, float(LEFT)
    for colour, words in entries:
        width = 15 + width_of(words, 11)
        if x > LEFT and x + width > WIDTH - 20:
            row, x = row + 1, float(LEFT)
        placed.append((row, x, colour, words))
        x += width + 14
    return placed


def _begin_ns(run: Run) -> int:
    first_ns = min((span.start_ns for span in run.spans), default=run.begin_ns)
    return min(run.begin_ns or first_ns, first_ns)


def _wall_ns(run: Run) -> int:
    return max(run.wall_ns, max((span.end_ns for span in run.spans), default=0) - _begin_ns(run))


def _three_digits(value: float) -> str:
    """At least three digits that matter, from a thousandth up."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 or not value else 3
    return f"{value:,.{digits}f}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _page(title: str, description: str, body: Iterable[str], height: float) -> str:
    ground = element("rect", class_="ground", width=WIDTH, height=height, rx=6)
    content = titled(title) + element("desc", description) + element("style", STYLE) + ground + "".join(body)
    box = f"0 0 {WIDTH} {number(height)}"
    return element(
        "svg", content, xmlns="http://www.w3.org/2000/svg", width=WIDTH, height=height, viewBox=box, role="img"
    )
