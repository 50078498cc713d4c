"""The picture of a comparison, as a file. Needs matplotlib (extra `plot`)."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import NullFormatter

from cluster.bench.figures import number
from cluster.bench.peers import catalog, measures
from cluster.bench.peers.comparison import TITLES, Comparison, Curve, Row
from cluster.bench.peers.efficiency import ENOUGH, HALF

WIDTH, HEIGHT = 6.0, 4.2  # inches, of each picture
ROOM_FOR_LABELS = 0.15  # of the width, beside the longest bar
OURS_COLOUR, THEIRS_COLOUR = "tab:blue", "0.6"


def draw(comparison: Comparison, file: Path, caption: str) -> None:
    """Efficiency against task length, and what a task costs in each section."""
    pictures = (1 if comparison.curves else 0) + len(comparison.sections)
    columns = min(pictures, 2) or 1
    rows = -(-pictures // columns) or 1
    canvas = Canvas(figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained")
    axes = iter(canvas.subplots(rows, columns, squeeze=False).flat)
    if comparison.curves:
        _efficiency(next(axes), comparison.curves)
    for section, bars in comparison.sections.items():
        _bars(next(axes), TITLES[section], bars)
    for unused in axes:
        unused.axis("off")
    canvas.supxlabel(caption, fontsize="x-small")
    canvas.savefig(file)


def _efficiency(axes: Axes, curves: tuple[Curve, ...]) -> None:
    for curve in curves:
        lengths = [length for length, _ in curve.points]
        ours = curve.system == catalog.OURS
        axes.plot(
            lengths,
            [100 * figure.median for _, figure in curve.points],
            label=curve.system,
            marker="o",
            linewidth=3 if ours else 1.2,
            zorder=3 if ours else 2,
        )
    for share in (HALF, ENOUGH):
        axes.axhline(100 * share, color="0.8", linewidth=0.8, zorder=1)
    axes.set_xscale("log")
    axes.set_xticks(measures.LENGTHS_MS, [f"{length:g}" for length in measures.LENGTHS_MS])
    axes.set(title="tasks one by one", xlabel="length of a task, ms", ylabel="efficiency, %", ylim=(0, 105))
    axes.legend(fontsize="x-small")


def _bars(axes: Axes, title: str, rows: tuple[Row, ...]) -> None:
    names = [row.system for row in reversed(rows)]
    medians = [row.figure.median for row in reversed(rows)]
    colours = [OURS_COLOUR if name == catalog.OURS else THEIRS_COLOUR for name in names]
    drawn = axes.barh(names, medians, color=colours)
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.bar_label(drawn, [number(median) for median in medians], padding=3, fontsize="x-small")
    axes.margins(x=ROOM_FOR_LABELS)
    axes.set_title(title, fontsize="medium")
    axes.set_xlabel(rows[0].figure.unit)
