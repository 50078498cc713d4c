"""All that `cluster switch` measures, in one run: the ladder part by part, sweeps, checks, the scheduler's steps.

What cannot be measured here is left out with its reason, and the rest goes on. Programs in C and Go are built in a
directory that is gone afterwards.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from cluster.bench import built, ladder, outside, sweeps
from cluster.bench import steps as scheduler
from cluster.bench.machine import StealWatch, machine, warnings
from cluster.bench.placement import Places, places
from cluster.bench.sampling import FULL, MARGIN, QUICK, Effort, Ladder, Rung, UnavailableError, climb
from cluster.bench.sampling import steps as steps_of
from cluster.bench.served import PARTIES
from cluster.model.clock import SECOND

PARTS: Final = (*ladder.PART_NAMES, "sweeps", "steps")
QUICK_S: Final = 18.0  # in all: what would end later, as far as can be guessed, is left out of a quick run of all parts
STEP_OVERHEAD_S: Final = 0.003  # of a sample, beside its own time

LATE: Final = f"--quick has had its {QUICK_S:.0f} s: --part steps measures it, with or without --quick"

Build = Callable[[Path], Path]


@dataclass(slots=True)
class Outcome:
    """Of a run, so far."""

    facts: dict[str, object]
    seed: int
    effort: Effort
    ladder: Ladder = field(default_factory=lambda: Ladder({}, {}))
    swept: Ladder = field(default_factory=lambda: Ladder({}, {}))
    sections: dict[str, scheduler.Section] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)  # what was left out as a whole
    warnings: list[str] = field(default_factory=list)

    def all_left_out(self) -> dict[str, str]:
        """With the rungs that could not be measured."""
        return self.left_out | dict(self.ladder.left_out) | dict(self.swept.left_out)

    def describe(self) -> dict[str, object]:
        """As plain data."""
        return {
            "machine": self.facts,
            "warnings": self.warnings,
            "protocol": {"seed": self.seed, "sample_ns": self.effort.sample_ns, "samples": self.effort.samples},
            "ladder": self.ladder.describe()["rungs"],
            "sweeps": self.swept.describe()["rungs"],
            "checks": [check.describe() for check in outside.checks(self.ladder)],
            "costs": scheduler.describe(self.sections),
            "left_out": self.all_left_out(),
        }


class Progress:
    """Hears how far a run is, in seconds of work, as far as they can be guessed."""

    def begins(self, seconds: float) -> None:
        """So much in all."""

    def went(self, name: str, seconds: float) -> None:
        """So much of it is over; `name` is what was measured last."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. `where` tells the cores, and is asked when it begins."""

    parts: Sequence[str] = PARTS
    quick: bool = False
    seed: int = 0
    where: Callable[[], Places] = places
    clock: Callable[[], float] = monotonic
    sampling: Effort | None = None  # instead of the protocol's

    @property
    def hurries(self) -> bool:
        """Whether it ends rather than be complete: nobody has asked for this part or that."""
        return self.quick and set(self.parts) == set(PARTS)

    @property
    def effort(self) -> Effort:
        return self.sampling or (QUICK if self.quick else FULL)


def run(plan: Plan, progress: Progress, say: Callable[[str], None]) -> Outcome:
    """Measure. `say` hears at once what is left out, and what is wrong with the machine."""
    outcome = Outcome(machine(plan.seed), plan.seed, plan.effort)
    began, watch, rng, found = plan.clock(), StealWatch(), Random(plan.seed), plan.where()
    load = outcome.facts["load"]
    assert isinstance(load, float)
    outcome.warnings += warnings(load)
    with tempfile.TemporaryDirectory(prefix="gmp-switch-") as directory, _told(outcome, found, say):
        work = _Work(plan, found, outcome, Path(directory))
        climbs, steps = work.climbs(), work.steps()
        for text in [*outcome.warnings, *outcome.left_out.values()]:
            say(text)
        progress.begins(sum(work.seconds(name, rungs) for name, rungs in climbs) + sum(step.seconds for step in steps))
        for name, rungs in climbs:
            effort = work.effort(name)
            each = effort.sample_ns * MARGIN / SECOND + STEP_OVERHEAD_S
            came = climb(rungs, effort, rng, partial(_went, progress, each))
            if name == "sweeps":
                outcome.swept = came
            else:
                outcome.ladder |= came
        for step in steps:
            if plan.hurries and plan.clock() - began + step.seconds > QUICK_S:
                sections, why = dict[str, scheduler.Section](), LATE
                say(f"left out: {step.name}: {LATE}")
            else:
                sections, why = scheduler.taken(step)
            outcome.sections |= sections
            outcome.left_out |= {step.name: why} if why else {}
            progress.went(step.name, step.seconds)
    outcome.facts["steal_percent"] = round(watch.percent(), 2)
    late = warnings(0.0, watch.percent())
    outcome.warnings += late
    for text in late:
        say(text)
    return outcome


@contextmanager
def _told(outcome: Outcome, found: Places, say: Callable[[str], None]) -> Iterator[None]:
    """What the places lack is among what is left out, and rungs that fail are told of at the end."""
    outcome.left_out |= {f"places {i}": text for i, text in enumerate(found.left_out, 1)}
    yield
    names: dict[str, list[str]] = {}
    for name, why in [*outcome.ladder.left_out.items(), *outcome.swept.left_out.items()]:
        names.setdefault(why, []).append(name)
    for why, left_out in names.items():
        say(f"left out: {'; '.join(left_out)}: {why}")


def _went(progress: Progress, each_s: float, name: str, some: int) -> None:
    progress.went(name, some * each_s)


class _Work:
    """The rungs and steps of a plan, with what they need built."""

    def __init__(self, plan: Plan, found: Places, outcome: Outcome, directory: Path) -> None:
        self._plan: Final = plan
        self._places: Final = found.all
        self._outcome: Final = outcome
        self._directory: Final = directory
        self._c: Final = self._built("C", built.floor, "floor", "sweeps")
        self._go: Final = self._built("Go", built.native, "light", "system", "steps")

    def _built(self, language: str, build: Build, *for_parts: str) -> Path | None:
        """The program, if one of these parts is wanted and it can be had."""
        if not set(for_parts) & set(self._plan.parts):
            return None
        try:
            return build(self._directory)
        except UnavailableError as error:
            self._outcome.left_out[language] = str(error)
            return None

    def climbs(self) -> list[tuple[str, list[Rung]]]:
        """The wanted parts that have rungs here; with each the tools of others that measure the same."""
        found = []
        for name, rungs in ladder.parts(self._places, self._c, self._go, self._plan.parts):
            found.append((name, rungs + self._tools(name)))
        if "floor" in self._plan.parts and self._c is None:
            found.append(("floor", outside.perf(self._places)))
        if "sweeps" in self._plan.parts:
            command = (str(self._c),) if self._c is not None else PARTIES
            found.append(("sweeps", sweeps.rungs(command, self._places[0])))
        return found

    def _tools(self, part: str) -> list[Rung]:
        if part == "floor":
            return outside.perf(self._places)
        if part == "light" and self._go is not None:
            try:
                return outside.go_tests(self._places[0], self._directory)
            except UnavailableError as error:
                self._outcome.left_out["go test"] = str(error)
        return []

    def steps(self) -> list[scheduler.Step]:
        """The scheduler's own, if they are wanted."""
        if "steps" not in self._plan.parts:
            return []
        self._outcome.left_out |= scheduler.left_out()
        go = str(self._go) if self._go is not None else None
        return scheduler.steps(self._places[0], go, quick=self._plan.quick)

    def effort(self, part: str) -> Effort:
        """Of each sample in a part."""
        return sweeps.effort(self._plan.effort) if part == "sweeps" else self._plan.effort

    def seconds(self, part: str, rungs: Sequence[Rung]) -> float:
        """How long a part takes, as a guess."""
        effort = self.effort(part)
        return steps_of(rungs, effort) * (effort.sample_ns * MARGIN / SECOND + STEP_OVERHEAD_S)
