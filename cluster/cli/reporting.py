"""The end of the tour: what switches cost and how work scales, measured quickly, and the report that holds it all."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from cluster.bench import switching
from cluster.bench.efficiency import fits, rows
from cluster.bench.ladder import PART_NAMES
from cluster.bench.machine import machine
from cluster.bench.rows import GROUPS
from cluster.bench.rows import rows as rungs
from cluster.bench.scalework import KINDS
from cluster.cli.laddertable import of_ladder
from cluster.cli.scale import SEED_BITS, measure, quick_plan
from cluster.cli.scaletable import show
from cluster.cli.switch import SampleBar
from cluster.report.chapters import Findings, report
from cluster.report.costs import Bar

QUICK_PARTS: Final = ("light",)  # of the ladder: within one thread


def finish(console: Console, procs: int, out: Path, story: Sequence[str], cores: str, say: str, *, quick: bool) -> Path:
    """Measure what is left, and write the report; where it is. `say` is the picture of the cores in words."""
    seed = secrets.randbits(SEED_BITS)
    facts = machine(seed)
    console.rule("4. What a switch costs")
    outcome = _ladder(console, seed, quick=quick)
    bars = bars_of(outcome)
    console.print(of_ladder(rungs(outcome.ladder)))
    console.rule("5. The same work on more Ps, of every kind")
    kinds = ("cpu",) if quick else tuple(KINDS)
    plan = quick_plan(kinds, procs)
    if quick:
        plan = replace(plan, rounds=1, seconds=plan.seconds / 2)
    results, said = measure(plan, seed, console, facts)
    said = list(dict.fromkeys([*said, *outcome.all_left_out().values()]))
    made, fitted = rows(results), fits(results)
    show(console, made, fitted)
    when = datetime.now().astimezone().strftime("%d %B %Y, %H:%M")
    found = Findings(facts, when, story, cores, say, bars, made, fitted, said)
    target = out / "report.html"
    target.write_text(report(found), encoding="utf-8")
    return target


def _ladder(console: Console, seed: int, *, quick: bool) -> switching.Outcome:
    parts = QUICK_PARTS if quick else PART_NAMES
    with SampleBar(console) as bar:
        return switching.run(switching.Plan(parts, quick=True, seed=seed), bar, lambda _text: None)


def bars_of(outcome: switching.Outcome) -> list[Bar]:
    """The ladder without its baselines, which the report does not explain."""
    return [
        Bar(GROUPS[rung.group], rung.title, rung.language, rung.net, "refused" if rung.refused else "")
        for rung in rungs(outcome.ladder)
        if rung.group != "own"
    ]
