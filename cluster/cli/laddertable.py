"""What `cluster switch` shows on a terminal: the ladder, its sweeps and checks, the scheduler's steps, as tables."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from cluster.bench import outside, sweeps
from cluster.bench.figures import Figure, number
from cluster.bench.machine import in_lines, in_words
from cluster.bench.rows import GROUPS, PYTHON, Row, duration, rows
from cluster.bench.switching import Outcome


def show(console: Console, outcome: Outcome) -> None:
    """All of it."""
    console.print(in_words(outcome.facts), highlight=False, soft_wrap=True)
    if outcome.ladder.taken:
        console.print(of_ladder(rows(outcome.ladder)))
    for check in outside.checks(outcome.ladder):
        verdict = "agrees" if check.agrees else "[bold]DOES NOT AGREE[/bold]"
        console.print(
            f"{verdict}: {check.ours} {duration(check.ours_ns)}, {check.theirs} {duration(check.theirs_ns)}, "
            f"both with their calls: {check.ratio:.2f} times",
            highlight=False,
            soft_wrap=True,
        )
    for title, (axis, points) in sweeps.curves(outcome.swept).items():
        console.print(f"\nA hop, {title}", highlight=False, soft_wrap=True)
        console.print(of_sweep(axis, points))
    if outcome.sections:
        console.print(of_sections(outcome.sections))
    console.print(of_machine(outcome.facts))
    effort = outcome.effort
    console.print(
        f"{effort.samples} samples of at least {duration(effort.sample_ns)} of each rung, in random order, seed "
        f"{outcome.seed}; median and its 95 % bootstrap interval",
        highlight=False,
        soft_wrap=True,
    )


def of_ladder(made: Sequence[Row]) -> Table:
    """A line for each rung; what is the same in another language is under it."""
    table = Table(title="What a switch costs", title_justify="left")
    for column in ("", "cost", "95 % interval", "least", "with calls", "calls", "switches"):
        table.add_column(column, justify="left" if not column else "right", no_wrap=bool(column))
    for group, of_group in groupby(made, key=lambda row: row.group):
        table.add_section()
        table.add_row(f"[bold]{GROUPS[group]}[/bold]")
        last = ""
        for row in of_group:
            title = row.title if row.language == PYTHON else f"  in {row.language}"
            if row.language != PYTHON and row.title != last:
                title = f"{row.title} in {row.language}"
            last = row.title
            table.add_row(title, *_cells(row))
            if row.refused:
                table.add_row(f"    [red]refused: {row.refused}[/red]")
    return table


def _cells(row: Row) -> list[str]:
    low, high = row.net.interval
    switches = "" if row.counted is None else f"{row.counted:.2f}" + ("" if row.expected is not None else " ?")
    median = duration(row.net.median)
    return [
        f"({median})" if row.refused else median,
        f"{duration(low)} - {duration(high)}",
        duration(row.net.minimum),
        duration(row.raw.median),
        "" if row.baseline_ns is None else duration(row.baseline_ns),
        switches,
    ]


def of_sweep(axis: str, points: Sequence[tuple[float, Figure]]) -> Table:
    """A column for each point."""
    table = Table()
    table.add_column(axis)
    for at, _ in points:
        table.add_column(f"{at:g}", justify="right")
    table.add_row("cost", *(duration(figure.median) for _, figure in points))
    table.add_row("from", *(duration(figure.interval[0]) for _, figure in points))
    table.add_row("to", *(duration(figure.interval[1]) for _, figure in points))
    return table


def of_sections(sections: Mapping[str, Mapping[str, Figure]]) -> Table:
    """The scheduler's steps."""
    table = Table(title="What the scheduler's steps cost", title_justify="left")
    for column in ("", "median", "quartiles", "p99", "unit", "samples"):
        table.add_column(column, justify="left" if column in ("", "unit") else "right")
    for title, section in sections.items():
        table.add_section()
        table.add_row(f"[bold]{title}[/bold]")
        for name, figure in section.items():
            low, high = figure.quartiles
            spread = f"{number(low)} - {number(high)}" if len(figure.samples) > 1 else ""
            p99 = number(figure.p99) if len(figure.samples) > 1 else ""
            table.add_row(f"  {name}", number(figure.median), spread, p99, figure.unit, str(len(figure.samples)))
    return table


def of_machine(facts: Mapping[str, object]) -> Table:
    """Where it was measured."""
    table = Table(title="The machine", title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for name, text in in_lines(facts):
        table.add_row(name, text)
    return table
