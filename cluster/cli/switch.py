"""`cluster switch`: the ladder of what switches cost here, from a call to a process, and the scheduler's steps."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from cluster.bench import plot, sweeps, switching
from cluster.bench.machine import in_words
from cluster.bench.rows import in_csv, rows
from cluster.bench.sampling import FULL, Effort, UnavailableError
from cluster.cli.entry import ExitCode
from cluster.cli.laddertable import show
from cluster.model.clock import MILLISECOND

SUFFIXES: Final = (".svg", ".png", ".pdf")
SEED_BITS: Final = 32


def _picture(_ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix not in SUFFIXES:
        raise click.BadParameter(f"{value} must end in one of {', '.join(SUFFIXES)}: that is the kind of the picture")
    if value is not None and not value.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no directory {value.absolute().parent}")
    return value


@click.command()
@click.option("--quick", is_flag=True, help="Samples of some milliseconds: under twenty seconds in all.")
@click.option("--part", "parts", type=click.Choice(switching.PARTS), multiple=True, help="Only that; may be repeated.")
@click.option("--sample-ms", type=click.IntRange(1), help="How long a sample lasts at least (default: 1000).")
@click.option(
    "--seed", type=click.IntRange(0), help="Of the order of the rungs (default: a new one, which is printed)."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every sample, instead of tables.")
@click.option("--csv", "as_csv", is_flag=True, help="The ladder and its sweeps as CSV, instead of tables.")
@click.option(
    "--plot", "picture", type=click.Path(dir_okay=False, path_type=Path), callback=_picture, help="Draw them."
)
def command(
    quick: bool,
    parts: Sequence[str],
    sample_ms: int | None,
    seed: int | None,
    as_json: bool,
    as_csv: bool,
    picture: Path | None,
) -> int:
    """Measure what a switch costs on this machine: of generators, tasks, greenlets, goroutines within an M and between
    Ms, threads and processes, by all means that there are; in C and in Go beside it, where they can be built. Then what
    the scheduler's own steps cost: leases, moves, reactions.

    Parties on one core show the cost of a switch, on two the latency of a wake-up. The same calls by one party are the
    baseline, which is taken off and shown. The kernel's count of switches must agree with ours, or the samples are
    invalid. All of it takes about a quarter of an hour; leave the machine alone meanwhile.

    \b
    Parts: light (within one thread), system (threads, processes), floor (the same in C, and perf bench),
    ms (from M to M), sweeps (parties in a ring, memory touched), steps (the scheduler's own).

    \b
    Examples:
      cluster switch --quick
      cluster switch --part light --part ms
      cluster switch --json --plot ladder.svg > ladder.json
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv are both for standard output: name one")
    words = Console(stderr=True)
    picture = _to_draw(picture, words)
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    sampling = Effort(sample_ms * MILLISECOND, FULL.samples) if sample_ms is not None else None
    plan = switching.Plan(parts or switching.PARTS, quick, seed, sampling=sampling)
    with SampleBar(words) as bar:
        outcome = switching.run(plan, bar, lambda text: _say(words, text))
    if as_json:
        click.echo(json.dumps(outcome.describe()))
    elif as_csv:
        click.echo(in_csv(rows(outcome.ladder) + rows(outcome.swept)), nl=False)
    else:
        show(Console(), outcome)
    if picture is not None:
        plot.draw(rows(outcome.ladder), sweeps.curves(outcome.swept), in_words(outcome.facts), picture)
        _say(words, f"picture: {picture}")
    return ExitCode.DONE


def _to_draw(picture: Path | None, words: Console) -> Path | None:
    """None without matplotlib, which is said before the measurement, and not after it."""
    if picture is not None:
        try:
            plot.needed()
        except UnavailableError as error:
            _say(words, str(error))
            return None
    return picture


def _say(words: Console, text: str) -> None:
    words.print(f"cluster: {text}", markup=False, highlight=False, soft_wrap=True)


class SampleBar(switching.Progress):
    """Drawn between two samples, and never during one: there is no thread that refreshes it."""

    def __init__(self, words: Console) -> None:
        columns = (TextColumn("{task.description:42.42}"), BarColumn(), TimeRemainingColumn())
        self._bar: Final = Bar(*columns, console=words, auto_refresh=False, transient=True)
        self._task: Final = self._bar.add_task("building what is measured", total=None)

    def begins(self, seconds: float) -> None:
        self._bar.update(self._task, total=seconds, refresh=True)

    def went(self, name: str, seconds: float) -> None:
        self._bar.update(self._task, description=name, advance=seconds, refresh=True)

    def __enter__(self) -> "SampleBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
