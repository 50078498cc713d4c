"""The tables of `cluster scale`."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from cluster.bench.efficiency import LOSSES, Row, Series, limits
from cluster.bench.figures import Figure
from cluster.bench.laws import Fits

CORES_SHOWN = 4  # one by one; of more the least and the most busy
WIDTH_MIN = 125  # of what is no terminal: a file has room


def console() -> Console:
    """For standard output."""
    found = Console()
    return found if found.is_terminal else Console(width=max(found.width, WIDTH_MIN))


def show(console: Console, rows: Sequence[Row], fits: Mapping[Series, Fits]) -> None:
    """All of it: how long it took, what was done meanwhile, what limits, what the laws say."""
    console.print(_times(rows))
    console.print(_deeds(rows))
    console.print("[bold]What limits[/bold]")
    most = max((row.procs for row in rows if not row.oversubscribed), default=1)
    for row in rows:
        if row.procs == most > 1:
            console.print(f"  {named(row)}: {limits(row)}", highlight=False, markup=False)
    if most == 1:
        console.print("  nothing to compare with")
    console.print("[bold]Laws, over strong scaling[/bold]")
    for (kind, pinned), fitted in fits.items():
        for line in fitted.says():
            console.print(f"  {kind}{', pinned' if pinned else ''}: {line}", highlight=False, markup=False)
    for known in dict.fromkeys(fitted.knows() for fitted in fits.values()):
        console.print(f"  {known}", highlight=False, markup=False)


def _times(rows: Sequence[Row]) -> Table:
    table = Table(title="How long it took: medians, with their 95 % intervals", title_justify="left")
    columns = ("work", "Ps", "wall s", "speed-up", "of ideal", "bare split s", "speed-up", "of ideal", "bare/ours")
    for column in columns:
        table.add_column(column, justify="left" if column == "work" else "right")
    for row, is_first in _by_kind(rows):
        if is_first:
            table.add_section()
        table.add_row(
            named(row),
            _ps(row),
            f"{row.wall.median:.3f}",
            spread(row.speedup, 2) if row.procs > 1 else "1",
            f"{row.efficiency.median:.1%}",
            f"{row.bare_wall.median:.3f}",
            spread(row.bare_speedup, 2) if row.procs > 1 else "1",
            f"{row.bare_efficiency.median:.1%}",
            spread(row.of_bare, 2),
        )
    if any(row.oversubscribed for row in rows):
        table.caption = "* oversubscribed: more Ps than cores; the ideal is the number of cores"
    return table


def _deeds(rows: Sequence[Row]) -> Table:
    table = Table(title="What was done meanwhile, and where the time went", title_justify="left")
    columns = ("work", "Ps", "cores busy %", "steals", "stolen", "hand-offs", "Ms", "messages/G", "helpers %", *LOSSES)
    for column in columns:
        table.add_column(f"{column} %" if column in LOSSES else column, justify="left" if column == "work" else "right")
    for row, is_first in _by_kind(rows):
        if is_first:
            table.add_section()
        table.add_row(
            named(row),
            _ps(row),
            busy(row.cores),
            *(f"{count:,.0f}" for count in (row.steals, row.stolen, row.handoffs, row.ms)),
            f"{row.messages_per_goroutine:.2g}",
            f"{100 * row.helpers:.1f}",
            *(f"{100 * getattr(row.lost, part):.1f}" if row.procs > 1 else "" for part in LOSSES),
        )
    parts = "; ".join(f"{name}: {words}" for name, words in LOSSES.items())
    table.caption = (
        "helpers: of a core, by all our threads that run no goroutines. "
        f"Of the time of all Ps, beyond what it is on one P: {parts}"
    )
    return table


def _by_kind(rows: Sequence[Row]) -> Iterator[tuple[Row, bool]]:
    """Each row, and whether a kind begins with it, but the first."""
    for row, before in zip(rows, (None, *rows[:-1]), strict=True):
        yield row, before is not None and before.kind != row.kind


def _ps(row: Row) -> str:
    return f"{row.procs}{'*' * row.oversubscribed}"


def named(row: Row) -> str:
    """The kind, and how it was scaled."""
    return f"{row.kind}{', weak' if row.weak else ''}{', pinned' if row.pinned else ''}"


def spread(figure: Figure, digits: int) -> str:
    """Median and interval."""
    low, high = figure.interval
    if len(figure.samples) == 1:
        return f"{figure.median:.{digits}f}"
    return f"{figure.median:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def busy(cores: Sequence[float]) -> str:
    """Percentages."""
    if not cores:
        return "not told"
    shares = [f"{100 * share:.0f}" for share in cores]
    if len(cores) > CORES_SHOWN:
        shares = [f"{100 * min(cores):.0f} to {100 * max(cores):.0f}"]
    return " ".join(shares)
