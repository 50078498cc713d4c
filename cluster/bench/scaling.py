"""The same work on 1 … n Ps, and how its cost grows: what `cluster scale` measures. The work is in scalework.py.

Strong.     So much work, however many Ps: S(n) = T(1) / T(n).
Weak.       n times the work on n Ps: S(n) = n T(1) / T(n).
Bare.       The same units split over n forked processes of `multiprocessing`, which share nothing: the limit. See
            barefork.py.
Timed.      From main's first step to its last, by main; the start of processes and the loading of the program are not
            in it, on either side.
Kept.       For each number of Ps there is one cluster for all runs, which is idle during the others. Bare processes are
            forked for each run.
Order.      All settings once in each round, in an order drawn anew under a seed that is printed. Ratios are of one
            round.
Ideal.      n, but not more than there are cores: with more Ps than cores a run is oversubscribed, says so, and is not
            fitted: it measures how the system shares cores out.
Lost.       n T(n) - T(1) core-seconds are not work. By the kernel's clocks they are: more processor time for the same
            units, plus time in which a main thread waited for a core, plus time in which it slept for want of work.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from os import sched_getaffinity, sched_setaffinity
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Final, NamedTuple, Self

from cluster.api.cluster import Cluster
from cluster.bench import barefork, scalework
from cluster.bench.running import pids_of, printed_by
from cluster.bench.sampling import in_random_order
from cluster.bench.scalework import KINDS, Job
from cluster.bench.threads import Used
from cluster.bench.uneven import compute
from cluster.launch.cpus import num_cpu
from cluster.model.clock import MILLISECOND, SECOND
from cluster.model.errors import ClusterError
from cluster.wire.messages import Counts

ALL_UP_TO: Final = 8  # Ps: every number up to here, and beyond it powers of two
NOTHING: Final = Counts(0, 0, 0, 0)
START_S: Final = 0.05  # of a run, beside its work, for the time that is left
_TRIALS: Final = 7
_TRIAL_LOOPS: Final = 20_000
_PROGRAM: Final = Path(scalework.__file__)


class Setting(NamedTuple):
    """What is run: `procs` Ps and Ms, or, `bare`, as many processes."""

    kind: str
    weak: bool
    pinned: bool
    bare: bool
    procs: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run."""

    wall_ns: int
    used: Used
    busy_ns: tuple[int, ...]  # by core, of everybody
    goroutines: int = 0
    counts: Counts = NOTHING  # in this run


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: every kind on every number of Ps; `seconds` of work on one P."""

    kinds: tuple[str, ...]
    procs: tuple[int, ...]
    weak: bool
    pinning: tuple[bool, ...]
    rounds: int
    seconds: float
    within_s: float | None = None  # no further round is begun that would not end in this time; one is made always

    def settings(self) -> list[Setting]:
        """All of a round. Weak scaling on one P is strong scaling on one P."""
        return [
            Setting(kind, weak, pinned, bare, n)
            for kind in self.kinds
            for pinned in self.pinning
            for n in self.procs
            for weak in ((False, True) if self.weak and n > 1 else (False,))
            for bare in (False, True)
        ]

    def expected_s(self, setting: Setting, cores: int) -> float:
        """How long a run takes, about."""
        kind = KINDS[setting.kind]
        alone = self.seconds * (1 if setting.bare else 1 - kind.idle_ms / kind.unit_ms)
        return START_S + alone * (setting.procs if setting.weak else 1) / min(setting.procs, cores)


@dataclass(slots=True)
class Results:
    """All runs of each setting; those of one round stand at the same place."""

    plan: Plan
    cores: int
    jobs: Mapping[str, Job]
    runs: dict[Setting, list[Run]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def counts_up_to(most: int) -> tuple[int, ...]:
    """The numbers of Ps that are worth a run, 1 and `most` included."""
    powers = (2**k for k in range(most.bit_length()))
    return tuple(sorted({*range(1, min(most, ALL_UP_TO) + 1), *powers, most}))


def why_not_pinned() -> str:
    """Why processes cannot be bound to cores here; "" when they can."""
    try:
        sched_setaffinity(0, sched_getaffinity(0))
    except OSError as error:
        return f"this process may not bind itself to a core ({error.strerror})"
    return ""


def feasible(plan: Plan, cores: int) -> tuple[Plan, list[str]]:
    """The plan without what cannot be measured here, and what is left out or not what it seems, in words."""
    said: list[str] = []
    pinning = plan.pinning
    if any(pinning) and (why := why_not_pinned()):
        said.append(f"{why}: Ms are not pinned, and only those that are free are measured")
        pinning = (False,)
    if max(plan.procs) == 1:
        said.append("one P only: there is nothing to compare it with, and no law is fitted. Its costs are shown")
    if cores == 1:
        said.append("this process may use one core only: no speed-up can be had here, only what more Ps cost")
    over = [n for n in plan.procs if n > cores]
    if over:
        said.append(
            f"{', '.join(map(str, over))} Ps on {cores} core{'s' * (cores > 1)}: oversubscribed; the ideal stays "
            f"{cores}, and the laws are fitted without them"
        )
    return Plan(plan.kinds, plan.procs, plan.weak, pinning, plan.rounds, plan.seconds, plan.within_s), said


def job_of(kind: str, seconds: float, loops_per_ms: float, copy_ms: float) -> Job:
    """So much work of a kind, for one P."""
    of = KINDS[kind]
    if kind == "memory":
        return Job(kind, max(1, round(seconds * 1000 / copy_ms)), 1)
    loops = max(1, round(loops_per_ms * (of.unit_ms - of.idle_ms)))
    return Job(kind, max(1, round(seconds * 1000 / of.unit_ms)), loops)


def calibrated(plan: Plan) -> dict[str, Job]:
    """The job of each kind: how long its units are is found once, and then the same for everybody."""
    loops_per_ms = _TRIAL_LOOPS * MILLISECOND / _quickest_ns(lambda: compute(_TRIAL_LOOPS))
    copy_ms = _quickest_ns(lambda: scalework.copy(1)) / MILLISECOND if "memory" in plan.kinds else 1.0
    scalework.forget_blocks()
    return {kind: job_of(kind, plan.seconds, loops_per_ms, copy_ms) for kind in plan.kinds}


def _quickest_ns(do: Callable[[], object]) -> int:
    def once() -> int:
        begin_ns = perf_counter_ns()
        do()
        return perf_counter_ns() - begin_ns

    return min(once() for _ in range(_TRIALS))


class Processes:
    """What runs need, started when it is first needed and ended with the `with` block."""

    def __init__(self) -> None:
        self._stack: Final = ExitStack()
        self._clusters: Final[dict[tuple[int, bool, bool], Cluster]] = {}
        self._apart: barefork.Apart | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, setting: Setting, job: Job) -> Run:
        """One run. `job` is that of one P."""
        if setting.weak:
            job = job._replace(units=job.units * setting.procs)
        return self._bare(setting, job) if setting.bare else self._on_cluster(setting, job)

    def _bare(self, setting: Setting, job: Job) -> Run:
        if self._apart is None:
            self._apart = self._stack.enter_context(barefork.Apart())
        return run_of(self._apart.split(job, setting.procs, sorted(sched_getaffinity(0)) if setting.pinned else []))

    def _on_cluster(self, setting: Setting, job: Job) -> Run:
        cluster = self._cluster(setting)
        coordinator, nursery = cluster.pids
        before = cluster.status().counts
        asked = json.dumps({"job": job, "nursery": nursery, "others": [coordinator]})
        printed = printed_by(cluster, _PROGRAM, asked)
        after = cluster.status().counts
        return run_of(json.loads(printed[-1]), Counts(*(now - then for then, now in zip(before, after, strict=True))))

    def _cluster(self, setting: Setting) -> Cluster:
        """Of so many Ps and Ms. What blocks has one of its own: the Ms that are made for it stay there."""
        blocks = KINDS[setting.kind].idle_ms > 0
        key = setting.procs, setting.pinned, blocks
        if key not in self._clusters:
            # One M alone is never joined by more, and could hand nothing off.
            workers = setting.procs + blocks
            cluster = self._stack.enter_context(Cluster(setting.procs, workers, pin=setting.pinned))
            pids_of(cluster, workers)
            self._clusters[key] = cluster
        return self._clusters[key]


def run_of(told: Mapping[str, object], counts: Counts = NOTHING) -> Run:
    """A run, from what its program told."""
    begin_ns, end_ns, goroutines = told["begin_ns"], told["end_ns"], told.get("goroutines", 0)
    used, busy_ns = told["used"], told["busy_ns"]
    if not (isinstance(begin_ns, int) and isinstance(end_ns, int) and isinstance(goroutines, int)):
        raise ClusterError(f"the measured program told no times: {told}")
    assert isinstance(used, dict) and isinstance(busy_ns, list), "the program is ours"
    return Run(end_ns - begin_ns, Used(**used), tuple(busy_ns), goroutines, counts)


Measure = Callable[[Setting, Job], Run]
Tell = Callable[[Setting, float], None]


def measured(
    plan: Plan,
    jobs: Mapping[str, Job],
    rng: Random,
    tell: Tell,
    measure: Measure,
    cores: int | None = None,
    clock: Callable[[], int] = perf_counter_ns,
) -> Results:
    """All rounds. `tell` hears of each run, and how many seconds of the expected time it stood for."""
    results = Results(plan, cores or num_cpu(), jobs)
    settings = plan.settings()
    began = clock()
    for done in range(plan.rounds):
        if done and plan.within_s is not None and (clock() - began) * (done + 1) / done > plan.within_s * SECOND:
            results.left_out.append(f"{plan.rounds - done} of {plan.rounds} rounds: there was no time for more")
            break
        for index in in_random_order(tuple(map(str, range(len(settings)))), 1, rng):
            setting = settings[int(index)]
            results.runs.setdefault(setting, []).append(measure(setting, jobs[setting.kind]))
            tell(setting, plan.expected_s(setting, results.cores))
    return results
