"""Do others measure what we measure? `python -m cluster.bench.agreement`: several tries, all rungs of one in turn.

perf        The rung "OS process by pipe" and `perf bench sched pipe`, "OS thread by pipe" and the same with -T: both
            pinned to one core, per switch and with their calls. Ours in C, or in Python where there is no compiler.
Go          The rungs of native.go and Go's own benchmarks of the same loops, counted and timed by its package testing.
Aim         In 9 of 10 tries neither is over 20 % more than the other. A try takes seconds, so that a slow minute of the
            machine is the same for both.
"""

import json
import secrets
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

import click

from cluster.bench import built, ladder, outside
from cluster.bench.figures import number
from cluster.bench.machine import in_words, machine, warnings
from cluster.bench.outside import Check, checks
from cluster.bench.placement import Placement, places
from cluster.bench.sampling import Effort, Ladder, Rung, UnavailableError, climb
from cluster.bench.served import PARTIES
from cluster.model.clock import SECOND

TRIES: Final = 10
PART_MIN: Final = 0.9  # of the tries, in which they agree
IN_A_TRY: Final = Effort(SECOND, 3)


def rungs(place: Placement, directory: Path) -> list[Rung]:
    """Both sides of every check that can be made here."""
    pipes = [how for how in ladder.MEANS if how.name in (ladder.PIPE_PROCESS, ladder.PIPE_THREAD)]
    try:
        found = ladder.passed(pipes, [str(built.floor(directory))], place, "C: ")
    except UnavailableError:
        found = ladder.passed(pipes, PARTIES, place)
    found += outside.perf([place])
    try:
        goes = [own for own in ladder.IN_GO if own.name in outside.BENCHMARKS.values()]
        found += ladder.alone(goes, [str(built.native(directory))], place, "Go: ")
        found += outside.go_tests(place, directory)
    except UnavailableError as error:
        click.echo(f"Go is left out: {error}", err=True)
    return found


def tried(tries: int, of_each: Sequence[Rung], effort: Effort, rng: Random) -> list[Ladder]:
    """So many ladders."""
    ladders = []
    for i in range(tries):
        click.echo(f"try {i + 1} of {tries}", err=True)
        ladders.append(climb(of_each, effort, rng))
    return ladders


def by_rung(ladders: Sequence[Ladder]) -> dict[str, list[Check]]:
    """The checks of all tries."""
    found: dict[str, list[Check]] = {}
    for one in ladders:
        for check in checks(one):
            found.setdefault(check.ours, []).append(check)
    return found


def verdicts(found: Mapping[str, Sequence[Check]]) -> dict[str, bool]:
    """Whether enough tries of each agree."""
    return {name: sum(check.agrees for check in all_of) >= PART_MIN * len(all_of) for name, all_of in found.items()}


def show(found: Mapping[str, Sequence[Check]]) -> None:
    """A line for each try."""
    for name, all_of in found.items():
        click.echo(f"{name}, beside {all_of[0].theirs}:")
        for check in all_of:
            word = "agrees" if check.agrees else "DOES NOT AGREE"
            click.echo(f"{number(check.ours_ns):>12} ns{number(check.theirs_ns):>12} ns{check.ratio:>8.2f}  {word}")
        agreed = sum(check.agrees for check in all_of)
        click.echo(f"{'met' if verdicts(found)[name] else 'NOT MET':8}{agreed} of {len(all_of)} tries within 20 %")


@click.command()
@click.option("--tries", type=click.IntRange(1), default=TRIES, show_default=True)
@click.option("--sample-ms", type=click.IntRange(1), default=IN_A_TRY.sample_ns // 1_000_000, show_default=True)
@click.option(
    "--seed", type=click.IntRange(0), help="Of the order of the rungs (default: a new one, which is printed)."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def main(tries: int, sample_ms: int, seed: int | None, as_json: bool) -> None:
    """Compare our rungs with the tools of others, in several tries."""
    seed = secrets.randbits(32) if seed is None else seed
    facts = machine(seed)
    load = facts["load"]
    assert isinstance(load, float)
    for text in warnings(load):
        click.echo(text, err=True)
    effort = Effort(sample_ms * 1_000_000, IN_A_TRY.samples)
    with tempfile.TemporaryDirectory(prefix="gmp-agreement-") as directory:
        found = by_rung(tried(tries, rungs(places().all[0], Path(directory)), effort, Random(seed)))
    if as_json:
        told = {name: [check.describe() for check in all_of] for name, all_of in found.items()}
        click.echo(json.dumps({"machine": facts, "checks": told, "met": verdicts(found)}))
    else:
        click.echo(in_words(facts))
        show(found)
    sys.exit(not all(verdicts(found).values()))


if __name__ == "__main__":
    main()
