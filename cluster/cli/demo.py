"""`cluster demo`: the tour, or one example."""

from pathlib import Path

import click
from rich.console import Console

from cluster.api.cluster import Cluster
from cluster.api.session import print_to_streams
from cluster.api.source import of_file
from cluster.cli.entry import ExitCode
from cluster.cli.stories import STORIES
from cluster.cli.tour import Tour
from cluster.examples.catalog import EXAMPLES, Example
from cluster.launch.cpus import default_procs
from cluster.model.clock import MonotonicClock
from cluster.model.limits import MS_MAX, PROCS_MAX
from cluster.trace.cores import Run, picture
from cluster.wire.messages import Options, Span, Step

REPORT_DIR = Path("gmp-report")


def file_of(example: Example) -> Path:
    """Where the example's program is."""
    return Path(__file__).parents[1] / "examples" / example.file


def _names(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Example | None:
    if value is None:
        return None
    for example in EXAMPLES:
        if example.name == value:
            return example
    raise click.BadParameter(f"{value!r} is none of {', '.join(example.name for example in EXAMPLES)}")


@click.command(epilog="Examples: " + "; ".join(f"{example.name}: {example.says}" for example in EXAMPLES) + ".")
@click.option("-p", "--procs", type=click.IntRange(1, PROCS_MAX), help="GOMAXPROCS (default: the usable CPUs).")
@click.option("-w", "--workers", type=click.IntRange(1, MS_MAX), help="How many Ms (default: one per P).")
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), default=REPORT_DIR, show_default=True)
@click.option(
    "--quick", is_flag=True, help="Smaller jobs, measured once: some fifteen seconds. Also of handoff and preempt."
)
@click.argument("name", required=False, callback=_names)
def command(procs: int | None, workers: int | None, out: Path, quick: bool, name: Example | None) -> int:
    """The tour: hello world with every step of the scheduler told, one job on 1, 2 … n Ps, the picture of which core
    ran what, what switches cost, how work of every kind scales, and a report of it all. With NAME: that example, and
    its picture; handoff and preempt are told from their trace, and drawn, on Ps of their own.

    \b
    Examples:
      cluster demo
      cluster demo mandelbrot
      cluster demo sieve -p 2
      cluster demo handoff
      cluster demo preempt
    """
    if name is not None and name.name in STORIES:
        if procs or workers:
            raise click.UsageError(f"{name.name} has Ps and Ms of its own: leave -p and -w out")
        STORIES[name.name](Console(), out, quick=quick)
        return ExitCode.DONE
    procs = procs or default_procs()
    workers = workers or procs
    if name is not None:
        return _example(name, procs, workers, out)
    out.mkdir(parents=True, exist_ok=True)
    Tour(Console(), procs, workers, out, quick=quick).show()
    return ExitCode.DONE


def _example(example: Example, procs: int, workers: int, out: Path) -> int:
    """Run it with its trace on, and draw that."""
    click.echo(f"{example.name}: {example.says}", err=True)
    spans: list[Span] = []

    def watch(more: tuple[Span, ...], _steps: tuple[Step, ...]) -> None:
        spans.extend(more)

    clock = MonotonicClock()
    with Cluster(procs, workers) as cluster:
        cluster.status()  # the processes are up: their start is not the example's time
        begin = clock.now()
        options = Options(explain=False, trace=True, by_path=True)
        code, text = cluster.run_file(of_file(file_of(example), ()), options, print_to_streams, watch)
        wall_ns = clock.now() - begin
    if text:
        print_to_streams(2, text.encode("utf-8", "surrogateescape"))
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{example.name}.svg"
    title = f"{example.name} on {procs} Ps and {workers} Ms"
    target.write_text(picture(Run(title, spans, wall_ns, begin)), encoding="utf-8")
    click.echo(f"picture: {target}", err=True)
    return code
