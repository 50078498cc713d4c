"""The ladder drawn: a logarithmic bar for each rung, and a curve for each sweep. Needs matplotlib: the extra `plot`."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from cluster.bench.figures import Figure
from cluster.bench.rows import GROUPS, PYTHON, Row, duration
from cluster.bench.sampling import UnavailableError

COLOURS: Final = {PYTHON: "#3b6ea5", "C": "#7f7f7f", "Go": "#00a6c8", "go test": "#9bdcea", "perf bench": "#c0a060"}
WIDTH_IN: Final = 11.0
BAR_IN: Final = 0.24
SWEEP_IN: Final = 3.2
AXIS_NS: Final = 0.5  # where it begins
FLOOR_NS: Final = 0.1  # what is less, or nothing at all, has no place on a logarithmic axis

Curves = Mapping[str, tuple[str, Sequence[tuple[float, Figure]]]]  # by title: name of the axis, and points


def needed() -> None:
    """Raises UnavailableError without matplotlib."""
    if find_spec("matplotlib") is None:
        raise UnavailableError("matplotlib is not installed, and --plot is left out: pip install 'gmp-cluster[plot]'")


def draw(rows: Sequence[Row], curves: Curves, machine: str, target: Path) -> None:
    """Write the picture; its kind is the file's suffix. UnavailableError without matplotlib."""
    needed()
    figures: Any = import_module("matplotlib.figure")
    shown = [row for row in rows if row.group != "own" and row.net.median > FLOOR_NS]
    bars_in = BAR_IN * (len(shown) + 2 * len({row.group for row in shown})) + 1
    height = bars_in + (SWEEP_IN if curves else 0)
    figure = figures.Figure(figsize=(WIDTH_IN, height), layout="constrained")
    figure.suptitle("What a switch costs", fontsize=14)
    hidden = [f"{row.title} [{row.language}]" for row in rows if row.group != "own" and row not in shown]
    below_zero = f"\nnot above their baselines, and not drawn: {', '.join(hidden)}" if hidden else ""
    figure.supxlabel(machine + below_zero, fontsize=7, wrap=True)
    above, *below = figure.subfigures(
        2 if curves else 1, 1, height_ratios=[bars_in, SWEEP_IN] if curves else [1], squeeze=False
    )[:, 0]
    _bars(above.subplots(), shown)
    for part in below:
        for axes, (title, (axis, points)) in zip(
            part.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True
        ):
            _curve(axes, title, axis, points)
    figure.savefig(target)


def _bars(axes: Any, shown: Sequence[Row]) -> None:  # noqa: ANN401  # matplotlib has no types here
    at, ticks, last = 0.0, [], None
    for row in shown:
        if row.group != last:
            at, last = at + 1.6, row.group
            axes.text(
                0.0, at - 0.75, GROUPS[row.group], transform=axes.get_yaxis_transform(), fontsize=8, weight="bold"
            )
        low, high = (max(FLOOR_NS, ns) for ns in row.net.interval)
        median = row.net.median
        axes.barh(at, median, color=COLOURS[row.language], hatch="//" if row.refused else None, height=0.8)
        axes.errorbar(
            median, at, xerr=[[max(0, median - low)], [max(0, high - median)]], color="black", lw=0.8, capsize=2
        )
        axes.text(high, at, f"  {duration(median)}{' (refused)' if row.refused else ''}", va="center", fontsize=7)
        ticks.append((at, f"{row.title} [{row.language}]"))
        at += 1
    axes.set_yticks([at for at, _ in ticks], [label for _, label in ticks], fontsize=7)
    axes.set_ylim(at, 0.0)  # downwards
    axes.set_xscale("log")
    axes.set_xlabel("nanoseconds, baseline taken off; median and its 95 % interval")
    axes.margins(x=0.15)
    axes.set_xlim(left=AXIS_NS)


def _curve(axes: Any, title: str, axis: str, points: Sequence[tuple[float, Figure]]) -> None:  # noqa: ANN401
    places = range(len(points))
    medians = [figure.median for _, figure in points]
    ends = [figure.interval for _, figure in points]
    axes.errorbar(
        places,
        medians,
        yerr=[
            [max(0, m - low) for m, (low, _) in zip(medians, ends, strict=True)],
            [max(0, high - m) for m, (_, high) in zip(medians, ends, strict=True)],
        ],
        marker="o", capsize=3, color=COLOURS["C"],
    )  # fmt: skip
    axes.set_xticks(places, [f"{value:g}" for value, _ in points])
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(axis, fontsize=8)
    axes.set_ylabel("ns a hop", fontsize=8)
    axes.set_ylim(bottom=0)
