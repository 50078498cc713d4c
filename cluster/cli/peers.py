"""`cluster peers`: the pool beside every other pool that is installed."""

import json
import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Shown
from rich.table import Table

from cluster.bench.figures import Figure, number
from cluster.bench.machine import StealWatch, in_words, machine, warnings
from cluster.bench.peers import catalog, links, measures
from cluster.bench.peers.comparison import TITLES, Comparison, Curve, Row, compare
from cluster.bench.peers.efficiency import ENOUGH, HALF
from cluster.bench.peers.measures import Budget
from cluster.bench.peers.rounds import Failed, Measured, Plan, Progress, run
from cluster.cli.entry import ExitCode
from cluster.launch.cpus import default_procs

SECTIONS: Final = (*measures.SECTIONS, *links.SECTIONS)
FULL: Final = (0.25, 3)  # seconds of a sample, and samples in a round
QUICK: Final = (0.05, 1)
ROUNDS: Final = 3  # the least of which a median says anything
SEEDS: Final = 1 << 16
SUFFIXES: Final = (".svg", ".png")


@click.command()
@click.option("--quick", is_flag=True, help="Short samples: a minute or two.")
@click.option(
    "--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True, help="How often each has its turn."
)
@click.option("--workers", type=click.IntRange(1), help="Processes of each pool; default: the usable CPUs.")
@click.option("--only", "sections", multiple=True, type=click.Choice(SECTIONS), help="Measure this; may be repeated.")
@click.option(
    "--system", "systems", multiple=True, type=click.Choice(catalog.NAMES), help="Measure this pool; likewise."
)
@click.option("--seed", type=int, help="Of the random order; default: drawn, and printed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw it, too: a file, .svg or .png.")
def command(
    quick: bool,
    rounds: int,
    workers: int | None,
    sections: tuple[str, ...],
    systems: tuple[str, ...],
    seed: int | None,
    as_json: bool,
    plot: Path | None,
) -> int:
    """Measure our pool beside multiprocessing, ProcessPoolExecutor, loky, joblib, mpire, Dask, Ray and ipyparallel, as
    far as they are installed: `pip install 'gmp-cluster[peers]'` installs all.

    \b
    Examples:
      cluster peers
      cluster peers --quick --only submit --only map
      cluster peers --system cluster --system mp.Pool --json
      cluster peers --plot peers.svg

    Each pool has the same number of processes, and in each round a process of its own; how it is measured is told atop
    cluster/bench/peers/measures.py.
    """
    draw = None if plot is None else drawing(plot)
    seed = random.randrange(SEEDS) if seed is None else seed
    plan = planned(quick, rounds, workers or default_procs(), sections, systems, seed)
    facts, steal = machine(seed), StealWatch()
    _complain(warnings(os.getloadavg()[0]))
    missing = [name for name in catalog.NAMES if catalog.version_of(name) is None]
    if missing and not systems:
        click.echo(f"cluster: not installed, and left out: {', '.join(missing)}", err=True)
    results: list[Measured | Failed] = []
    with watched() as watch:
        interrupted = collect(run(plan, watch), results)
    comparison = compare(results)
    _complain(warnings(0, steal.percent()))
    versions = {name: version for name, version in catalog.installed().items() if name in plan.systems}
    if as_json:
        told = {"machine": facts, "steal_percent": steal.percent(), "workers": plan.budget.workers, "rounds": rounds}
        click.echo(json.dumps(told | {"versions": versions} | comparison.describe()))
    else:
        show(facts, versions, plan, comparison)
    if draw is not None:
        draw(comparison, plot, in_words(facts))
    if interrupted:
        click.echo("cluster: interrupted; this is what was measured until then", err=True)
        return ExitCode.INTERRUPTED
    return ExitCode.FAILED if comparison.failed else ExitCode.DONE


def collect(told: Iterator[Measured | Failed], results: list[Measured | Failed]) -> bool:
    """Add all that is told to the results; whether Ctrl-C or SIGTERM came first: what runs then is ended."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        results.extend(told)
    except KeyboardInterrupt:
        return True
    finally:
        signal.signal(signal.SIGTERM, before)
    return False


def planned(quick: bool, rounds: int, workers: int, sections: Sequence[str], systems: Sequence[str], seed: int) -> Plan:
    """What to measure. All that is installed, if nothing is named; the reference of efficiency always with it."""
    chosen = tuple(dict.fromkeys(sections)) or SECTIONS
    here = catalog.installed()
    for name in systems:
        if name not in here:
            raise click.UsageError(f"{name} is not installed: pip install 'gmp-cluster[peers]'")
    names = tuple(dict.fromkeys(systems)) or tuple(here)
    if measures.WORK in chosen and catalog.BARE not in names:
        names = (*names, catalog.BARE)
    return Plan(names, chosen, Budget(*(QUICK if quick else FULL), workers), rounds, seed)


def drawing(file: Path) -> Callable[..., None]:
    if file.suffix not in SUFFIXES:
        raise click.UsageError(f"--plot {file}: the name must end in {' or '.join(SUFFIXES)}")
    try:
        draw: Callable[..., None] = import_module("cluster.bench.peers.plot").draw
    except ImportError as error:
        raise click.UsageError(f"--plot needs matplotlib ({error}): pip install 'gmp-cluster[plot]'") from error
    return draw


def _complain(texts: Sequence[str]) -> None:
    for text in texts:
        click.echo(f"cluster: {text}", err=True)


@contextmanager
def watched() -> Iterator[Callable[[Progress], None]]:
    """Progress on stderr, with the time left."""
    bar = Shown(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"), console=Console(stderr=True)
    )
    task = bar.add_task("", total=1.0, left="")
    with bar:
        yield lambda now: bar.update(task, description=now.doing, completed=now.done, left=in_time(now.left_s))


def in_time(left_s: float) -> str:
    """About how long it takes."""
    if left_s >= 90:
        return f"about {left_s / 60:.0f} minutes left"
    return f"about {left_s:.0f} s left" if left_s else ""


def show(facts: Mapping[str, object], versions: Mapping[str, str], plan: Plan, comparison: Comparison) -> None:
    """As tables."""
    console = Console()
    lines = [
        in_words(facts),
        ", ".join(f"{name} {version}" for name, version in versions.items() if name != catalog.BARE),
    ]
    lines.append(f"{plan.budget.workers} workers each, {plan.rounds} rounds in random order (--seed {plan.seed})")
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
    for section, rows in comparison.sections.items():
        console.print(costs(TITLES[section], rows))
        for why, names in without(comparison, section).items():
            console.print(f"  without {', '.join(names)}: {why}", highlight=False, soft_wrap=True)
    if comparison.curves:
        console.print(efficiencies(comparison.curves))
    for failed in comparison.failed:
        console.print(f"round {failed.round}, {failed.system}: {failed.why}", style="red", highlight=False)


def costs(title: str, rows: Sequence[Row]) -> Table:
    """One section."""
    table = Table(title=title, title_justify="left")
    table.add_column()
    for column in (f"median, {rows[0].figure.unit}", "quartiles", "x ours", "quartiles", "samples"):
        table.add_column(column, justify="right")
    for row in rows:
        times, spread = ("", "") if row.ratio is None else (number(row.ratio.median), between(row.ratio))
        cells = (number(row.figure.median), between(row.figure), times, spread)
        style = "bold" if row.system == catalog.OURS else None
        table.add_row(row.system, *cells, str(len(row.figure.samples)), style=style)
    return table


def without(comparison: Comparison, section: str) -> dict[str, list[str]]:
    """Which pools have nothing of the kind, by the reason."""
    names: dict[str, list[str]] = {}
    for what, system, why in comparison.cannot:
        if what == section:
            names.setdefault(why, []).append(system)
    return names


def efficiencies(curves: Sequence[Curve]) -> Table:
    """Efficiency by length."""
    table = Table(title="efficiency of tasks one by one, %, by their length", title_justify="left")
    table.add_column()
    for length, _ in curves[0].points:
        table.add_column(measures.work(length), justify="right")
    table.add_column(f"{HALF:.0%} (METG) at, ms", justify="right")
    table.add_column(f"{ENOUGH:.0%} at, ms", justify="right")
    for curve in curves:
        cells = [percent(figure) for _, figure in curve.points]
        style = "bold" if curve.system == catalog.OURS else None
        table.add_row(curve.system, *cells, str(curve.reaches(HALF)), str(curve.reaches(ENOUGH)), style=style)
    return table


def between(figure: Figure) -> str:
    """Its quartiles."""
    low, high = figure.quartiles
    return f"{number(low)} - {number(high)}" if len(figure.samples) > 1 else ""


def percent(figure: Figure) -> str:
    """Median, and quartiles under it."""
    low, high = figure.quartiles
    return (
        f"{100 * figure.median:.0f}\n{100 * low:.0f}-{100 * high:.0f}"
        if len(figure.samples) > 1
        else f"{100 * figure.median:.0f}"
    )
