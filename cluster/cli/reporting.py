"""The end of the tour: what switches cost and how work scales, measured quickly, and the report that holds it all."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from cluster.bench.efficiency import fits, rows
from cluster.bench.machine import machine
from cluster.bench.scalework import KINDS
from cluster.cli.scale import SEED_BITS, measure, quick_plan
from cluster.cli.scaletable import show
from cluster.cli.switch import in_one_m
from cluster.report.chapters import Findings, report
from cluster.report.costs import Bar, duration

NAMES: Final = {
    "gosched": "a goroutine lets another one run, and is run again",
    "hop": "a value goes over a channel from one goroutine to another",
    "spawn": "a goroutine is made, runs and ends",
}


def finish(console: Console, procs: int, out: Path, story: Sequence[str], cores: str, say: str, *, quick: bool) -> Path:
    """Measure what is left, and write the report; where it is. `say` is the picture of the cores in words."""
    seed = secrets.randbits(SEED_BITS)
    facts = machine(seed)
    console.rule("4. What a switch costs")
    bars = _bars()
    for bar in bars:
        console.print(f"{duration(bar.cost.median):>10}  {bar.title}", highlight=False)
    console.rule("5. The same work on more Ps, of every kind")
    kinds = ("cpu",) if quick else tuple(KINDS)
    plan = quick_plan(kinds, procs)
    if quick:
        plan = replace(plan, rounds=1, seconds=plan.seconds / 2)
    results, said = measure(plan, seed, console, facts)
    made, fitted = rows(results), fits(results)
    show(console, made, fitted)
    when = datetime.now().astimezone().strftime("%d %B %Y, %H:%M")
    found = Findings(facts, when, story, cores, say, bars, made, fitted, said)
    target = out / "report.html"
    target.write_text(report(found), encoding="utf-8")
    return target


def _bars() -> list[Bar]:
    """The rungs within one M."""
    return [Bar("in one M", NAMES.get(name, name), "Python", figure) for name, figure in in_one_m(quick=True).items()]
