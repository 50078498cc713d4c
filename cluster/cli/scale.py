"""`cluster scale`: the same work on 1 … n Ps, beside a bare split over as many processes."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cluster.bench import scaleplot
from cluster.bench.efficiency import fits, in_csv, limits, rows
from cluster.bench.machine import StealWatch, in_words, machine, warnings
from cluster.bench.plot import needed
from cluster.bench.sampling import UnavailableError
from cluster.bench.scalework import KINDS
from cluster.bench.scaling import Plan, Processes, Results, Setting, calibrated, counts_up_to, feasible, measured
from cluster.cli.entry import ExitCode
from cluster.cli.scaletable import console, show
from cluster.launch.cpus import num_cpu
from cluster.model.limits import PROCS_MAX

SUFFIXES: Final = (".svg", ".png", ".pdf")
SEED_BITS: Final = 32
ROUNDS: Final = 11  # as many samples as lmbench takes
QUICK_ROUNDS: Final = 5
SECONDS: Final = 1.0  # of work on one P: what begins and ends a run is then less than a hundredth of it
QUICK_SECONDS: Final = 0.2
QUICK_WITHIN_S: Final = 15.0  # leaves some for the start and the tables
PINNING: Final = {"free": (False,), "pinned": (True,), "both": (False, True)}


def quick_plan(kinds: Sequence[str], most: int) -> Plan:
    """Strong scaling only, of little work, in a quarter of a minute."""
    return Plan(tuple(kinds), counts_up_to(most), False, (False,), QUICK_ROUNDS, QUICK_SECONDS, QUICK_WITHIN_S)


def _picture(_ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix not in SUFFIXES:
        raise click.BadParameter(f"{value} must end in one of {', '.join(SUFFIXES)}: that is the kind of the picture")
    if value is not None and not value.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no directory {value.absolute().parent}")
    return value


@click.command(epilog="Kinds: " + "; ".join(f"{name}: {kind.says}" for name, kind in KINDS.items()) + ".")
@click.option("-p", "--procs", type=click.IntRange(1, PROCS_MAX), help="Up to so many Ps (default: the usable cores).")
@click.option("--kind", "kinds", type=click.Choice(list(KINDS)), multiple=True, help="Only that; may be repeated.")
@click.option("--ms", type=click.Choice(list(PINNING)), default="free", show_default=True, help="Ms bound to cores.")
@click.option("--rounds", type=click.IntRange(1), help=f"Runs of each setting (default: {ROUNDS}).")
@click.option("--seconds", type=click.FloatRange(0.01), help=f"Of work on one P (default: {SECONDS:g}).")
@click.option("--quick", is_flag=True, help="Strong scaling only, little work, few rounds: under twenty seconds.")
@click.option("--seed", type=click.IntRange(0), help="Of the order of the runs (default: a new one, which is printed).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every run, instead of tables.")
@click.option("--csv", "as_csv", is_flag=True, help="The rows as CSV, instead of tables.")
@click.option(
    "--plot", "picture", type=click.Path(dir_okay=False, path_type=Path), callback=_picture, help="Draw them."
)
def command(
    procs: int | None,
    kinds: Sequence[str],
    ms: str,
    rounds: int | None,
    seconds: float | None,
    quick: bool,
    seed: int | None,
    as_json: bool,
    as_csv: bool,
    picture: Path | None,
) -> int:
    """Measure how the same work scales over Ps: strong (so much work on 1 … n) and weak (n times as much), beside the
    same units split over bare processes, in random order. Shows what was stolen, handed off and sent meanwhile, where
    the time goes that is not speed-up, and what Amdahl's law and the universal scalability law make of it.

    \b
    Examples:
      cluster scale --quick
      cluster scale --kind cpu --ms both
      cluster scale -p 4 --json --plot scaling.svg > scaling.json
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv are both for standard output: name one")
    words, seed = Console(stderr=True), secrets.randbits(SEED_BITS) if seed is None else seed
    picture = _to_draw(picture, words)
    plan = _plan(procs, kinds or tuple(KINDS), PINNING[ms], rounds, seconds, quick)
    facts = machine(seed)
    results, said = measure(plan, seed, words, facts)
    if as_json:
        click.echo(json.dumps(described(results, facts, said)))
    elif as_csv:
        click.echo(in_csv(rows(results)), nl=False)
    else:
        out = console()
        out.print(in_words(facts), highlight=False, soft_wrap=True)
        show(out, rows(results), fits(results))
    if picture is not None:
        scaleplot.draw(rows(results), fits(results), in_words(facts), picture)
        say(words, f"picture: {picture}")
    return ExitCode.DONE


def _plan(
    procs: int | None,
    kinds: Sequence[str],
    pinning: tuple[bool, ...],
    rounds: int | None,
    seconds: float | None,
    quick: bool,
) -> Plan:
    most = procs or num_cpu()
    if quick:
        plan = quick_plan(kinds, most)
        within = None if rounds or seconds else plan.within_s
        return Plan(plan.kinds, plan.procs, False, pinning, rounds or plan.rounds, seconds or plan.seconds, within)
    return Plan(tuple(kinds), counts_up_to(most), True, pinning, rounds or ROUNDS, seconds or SECONDS)


def measure(plan: Plan, seed: int, words: Console, facts: dict[str, object]) -> tuple[Results, list[str]]:
    """Run the plan as far as it can be had here, with a bar; what is left out or wrong is said, and returned."""
    watch, cores = StealWatch(), num_cpu()
    plan, said = feasible(plan, cores)
    load = facts["load"]
    assert isinstance(load, float)
    said += warnings(load)
    for text in said:
        say(words, text)
    columns = (TextColumn("{task.description:34.34}"), BarColumn(), TimeRemainingColumn())
    # Drawn between two runs, and never during one: there is no thread that refreshes it.
    with Progress(*columns, console=words, auto_refresh=False, transient=True) as bar:
        total = plan.rounds * sum(plan.expected_s(setting, cores) for setting in plan.settings())
        task = bar.add_task("finding out how long a unit takes", total=total)
        bar.refresh()

        def tell(setting: Setting, seconds: float) -> None:
            who = "bare" if setting.bare else "goroutines"
            text = f"{setting.kind}, {setting.procs} {'P' if setting.procs == 1 else 'Ps'}, {who}"
            bar.update(task, description=text, advance=seconds, refresh=True)

        with Processes() as processes:
            results = measured(plan, calibrated(plan), Random(seed), tell, processes.run, cores)
    facts["steal_percent"] = round(watch.percent(), 2)
    late = [*results.left_out, *warnings(0.0, watch.percent())]
    for text in late:
        say(words, text)
    return results, said + late


def described(results: Results, facts: dict[str, object], said: Sequence[str]) -> dict[str, object]:
    """As plain data, with every run."""
    plan = results.plan
    return {
        "machine": facts,
        "said": list(said),
        "protocol": {"rounds": plan.rounds, "seconds": plan.seconds, "cores": results.cores},
        "jobs": {kind: job._asdict() for kind, job in results.jobs.items()},
        "rows": [row.describe() for row in rows(results)],
        "limits": [limits(row) for row in rows(results) if row.procs > 1],
        "laws": [
            {"kind": kind, "pinned": pinned, **fitted.describe()} for (kind, pinned), fitted in fits(results).items()
        ],
        "runs": [
            {**setting._asdict(), "wall_ns": [run.wall_ns for run in runs]} for setting, runs in results.runs.items()
        ],
    }


def say(words: Console, text: str) -> None:
    """A word about the measurement."""
    words.print(f"cluster: {text}", markup=False, highlight=False, soft_wrap=True)


def _to_draw(picture: Path | None, words: Console) -> Path | None:
    """None without matplotlib, which is said before the measurement, and not after it."""
    if picture is not None:
        try:
            needed()
        except UnavailableError as error:
            say(words, str(error))
            return None
    return picture
