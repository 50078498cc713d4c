"""`cluster switch`: what the scheduler's steps cost here, in one M and between two."""

import json
from collections.abc import Callable, Mapping
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from cluster.bench import crossing, kernel, lease, moving, sysmon
from cluster.bench.figures import Figure, by_name, number
from cluster.bench.machine import in_words, machine
from cluster.bench.movepeer import NoneShared
from cluster.cli.entry import ExitCode
from cluster.wire import frame
from cluster.wire.pickling import Pickling

QUICK_ROUNDS: Final = 3
QUICK_PART: Final = 10  # of the operations in a round
QUICK_MS: Final = 1000  # some hundred moves
QUICK_SAMPLES: Final = 10
QUICK_IDLE_S: Final = 1.0

Section = Mapping[str, Figure]


@click.command()
@click.option("--quick", is_flag=True, help="Fewer rounds: some fifteen seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def command(quick: bool, as_json: bool) -> int:
    """Measure what a switch of goroutines, a lease of a P and a move to another M cost on this machine, and how
    quickly the scheduler wakes Ms, retakes Ps, preempts, stops the world and makes Ms.

    \b
    Examples:
      cluster switch
      cluster switch --quick --json

    Each line is also what one of `python -m cluster.bench.kernel`, `lease`, `moving`, `crossing` and `sysmon`
    prints, where it says how it is measured.
    """
    facts = machine()
    if not frame.available:
        click.echo(f"cluster: started goroutines do not move here: {frame.why_not}", err=True)
    sections: dict[str, Section] = {}
    with Console(stderr=True).status("measuring") as status:
        for name, measure in plan(quick).items():
            status.update(f"measuring: {name}")
            sections |= measure()
    if as_json:
        click.echo(json.dumps({"machine": facts, "costs": describe(sections)}))
    else:
        show(facts, sections)
    return ExitCode.DONE


def plan(quick: bool) -> dict[str, Callable[[], dict[str, Section]]]:
    """What is measured, in order; moves only where there are some."""
    always: dict[str, Callable[[], dict[str, Section]]] = {
        "in one M": lambda: {"in one M": in_one_m(quick)},
        "lease": lambda: {"lease": lease.round_trips(lease.ROUNDS // QUICK_PART if quick else lease.ROUNDS)},
    }
    moves: dict[str, Callable[[], dict[str, Section]]] = {
        "packing": lambda: packing(quick),
        "moves": lambda: {"from M to M": crossing.costs(QUICK_MS if quick else crossing.FOR_MS)},
    }
    reactions: dict[str, Callable[[], dict[str, Section]]] = {"reactions": lambda: reacting(quick)}
    return always | (moves if frame.available else {}) | reactions


def in_one_m(quick: bool) -> Section:
    """A yield, a hop over a channel, a spawn."""
    rounds = [kernel.costs(QUICK_PART if quick else 1) for _ in range(QUICK_ROUNDS if quick else kernel.ROUNDS)]
    return {name: Figure("ns", samples) for name, samples in by_name(rounds).items()}


def reacting(quick: bool) -> dict[str, Section]:
    """How quickly the scheduler does what it does by itself; and what it takes while there is nothing to do."""
    taken = sysmon.reactions(QUICK_SAMPLES, 1) if quick else sysmon.reactions()
    return {"reactions": taken | sysmon.idle(QUICK_IDLE_S if quick else sysmon.IDLE_S)}


def packing(quick: bool) -> dict[str, Section]:
    """A started goroutine as bytes, and back: a section for each kind of goroutine."""
    rounds, times = (QUICK_ROUNDS, moving.TIMES // QUICK_PART) if quick else (moving.ROUNDS, moving.TIMES)
    kinds = moving.costs(Pickling("__main__", NoneShared()), rounds, times)
    return {f"packing: {kind}": figures for kind, figures in kinds.items()}


def describe(sections: Mapping[str, Section]) -> dict[str, dict[str, object]]:
    """As plain data."""
    return {title: {name: figure.describe() for name, figure in section.items()} for title, section in sections.items()}


def show(facts: Mapping[str, object], sections: Mapping[str, Section]) -> None:
    """As one table."""
    console = Console()
    console.print(in_words(facts), highlight=False, soft_wrap=True)
    table = Table(title="Costs", title_justify="left")
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
    console.print(table)
