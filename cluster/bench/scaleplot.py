"""Scaling drawn: speed-up with the ideal line and the fitted law, efficiency beside it. Needs the extra `plot`."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from cluster.bench.efficiency import Row, Series
from cluster.bench.figures import Figure
from cluster.bench.laws import Fits
from cluster.bench.plot import needed

OURS, BARE, GREY = "#3b6ea5", "#c0703a", "#8a8a8a"
WIDTH_IN: Final = 11.0
ROW_IN: Final = 3.1
CURVE_POINTS: Final = 50


def draw(rows: Sequence[Row], fits: Mapping[Series, Fits], machine: str, target: Path) -> None:
    """Write the picture; its kind is the file's suffix. UnavailableError without matplotlib."""
    needed()
    figures: Any = import_module("matplotlib.figure")
    panels = list(dict.fromkeys((row.kind, row.pinned, row.weak) for row in rows if row.procs > 1))
    panels = panels or list(dict.fromkeys((row.kind, row.pinned, row.weak) for row in rows))
    figure = figures.Figure(figsize=(WIDTH_IN, ROW_IN * len(panels) + 0.8), layout="constrained")
    figure.suptitle("The same work on more Ps", fontsize=14)
    figure.supxlabel(machine, fontsize=7, wrap=True)
    axes = figure.subplots(len(panels), 2, squeeze=False)
    for (left, right), (kind, pinned, weak) in zip(axes, panels, strict=True):
        # Weak scaling has its one P in the strong one.
        shown = [
            row for row in rows if (row.kind, row.pinned) == (kind, pinned) and row.weak == (weak and row.procs > 1)
        ]
        title = f"{kind}, {'weak' if weak else 'strong'} scaling, Ms {'pinned' if pinned else 'free'}"
        _speedups(left, title, shown, None if weak else fits.get((kind, pinned)))
        _efficiencies(right, shown)
    figure.savefig(target)


def _speedups(axes: Any, title: str, rows: Sequence[Row], fitted: Fits | None) -> None:  # noqa: ANN401  # no types
    procs = [row.procs for row in rows]
    axes.plot(procs, [row.ideal for row in rows], color=GREY, ls="--", lw=1, label="ideal")
    if fitted is not None and fitted.serial is not None and len(procs) > 1:
        xs = [1 + (procs[-1] - 1) * i / CURVE_POINTS for i in range(CURVE_POINTS + 1)]
        axes.plot(xs, [fitted.curve(x) for x in xs], color=OURS, lw=0.8, label=f"law, {fitted.name}")
    _points(axes, procs, [row.bare_speedup for row in rows], BARE, "bare split")
    _points(axes, procs, [row.speedup for row in rows], OURS, "goroutines")
    _named(axes, title, procs, "speed-up")


def _efficiencies(axes: Any, rows: Sequence[Row]) -> None:  # noqa: ANN401  # matplotlib has no types here
    procs = [row.procs for row in rows]
    axes.axhline(1.0, color=GREY, ls="--", lw=1)
    _points(axes, procs, [row.bare_efficiency for row in rows], BARE, "bare split")
    _points(axes, procs, [row.efficiency for row in rows], OURS, "goroutines")
    _named(axes, "efficiency", procs, "of the ideal")


def _points(axes: Any, procs: Sequence[int], figures: Sequence[Figure], colour: str, label: str) -> None:  # noqa: ANN401
    medians = [figure.median for figure in figures]
    below = [max(0.0, figure.median - figure.interval[0]) for figure in figures]
    above = [max(0.0, figure.interval[1] - figure.median) for figure in figures]
    axes.errorbar(procs, medians, yerr=[below, above], color=colour, marker="o", ms=4, capsize=3, lw=1.2, label=label)


def _named(axes: Any, title: str, procs: Sequence[int], axis: str) -> None:  # noqa: ANN401  # no types
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("Ps", fontsize=8)
    axes.set_ylabel(axis, fontsize=8)
    axes.set_xticks(procs)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=7)
