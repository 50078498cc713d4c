"""Goroutines that are all on one M, and a second M that is free: `python -m cluster.bench.imbalance`.

The program is uneven.py. How many turns of arithmetic a round has is found once, for about --work-ms, and
is then the same for everybody: what is measured is how long a fixed amount of work takes.

moved    2 Ps, 2 Ms: from when the second P is allowed until the last goroutine is through.
stayed   the same with GODEBUG=moveoff=1.
split    the same program with half of its pairs, and their channels, made on each M: nobody needs to move.
bare     two processes that each do half of the arithmetic and nothing else, begun at one moment: the limit.

All four in each round, in random order, so that a slow minute of the machine falls on all. Ratios are of
one round. Busy is the share of a core that a process had, of itself and its threads, after the first
second. The bare processes are in a session of their own, as Ms are: Linux may share the cores out by sessions.

Useful is the share of two cores that was arithmetic, by the processor's clock and by the median round of each
goroutine: what is lacking is the price of all else, whatever speed the cores had during the run.

Others is what everything else on the machine used meanwhile. A round in which that was more than OTHERS_MAX of
a core in any run is disturbed: it is shown, but the aims are judged without it, and another is made in its
place, until there have been TRIES times as many rounds as were wanted.
"""

import json
import random
import resource
import subprocess
import sys
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import monotonic_ns, perf_counter_ns
from typing import Final, Self

import click
import psutil

from cluster.api.cluster import Cluster
from cluster.bench.figures import Figure
from cluster.bench.machine import in_words, machine
from cluster.bench.running import pids_of, printed_by
from cluster.bench.uneven import compute
from cluster.model.clock import MILLISECOND, SECOND
from cluster.wire import frame

MS: Final = 2
PROGRAM: Final = Path(__file__).with_name("uneven.py")
PERIOD_S: Final = 0.05  # between two looks at a process: the system counts its time in steps of 0.01 s
SETTLED_NS: Final = SECOND
OTHERS_MAX: Final = 0.05
TRIES: Final = 3
BUSY_MIN: Final = 0.95
RATIO_MAX: Final = 1.05
_TRIALS: Final = 7
_TRIAL_LOOPS: Final = 20_000
_BARE: Final = f"from {compute.__module__} import bare; bare()"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its wall time, the share of a core that each process had, how many goroutines ended in each."""

    wall_ns: int
    busy: tuple[float, ...]
    useful: float
    ended: tuple[int, ...] = ()
    others: float = 0.0  # cores that were not ours, on average


Runs = Mapping[str, Sequence[Run]]  # by kind; those of one round stand at the same place


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done."""

    goroutines: int
    rounds: int
    loops: int


@dataclass(slots=True)
class Looks:
    """What a process had used at several moments."""

    at_ns: list[int] = field(default_factory=list)
    cpu_ns: list[int] = field(default_factory=list)

    def note(self, at_ns: int, cpu_ns: int) -> None:
        self.at_ns.append(at_ns)
        self.cpu_ns.append(cpu_ns)

    def busy(self, begin_ns: int, end_ns: int) -> float:
        """The share of a core between the first look from `begin_ns` on and the last up to `end_ns`; 0 for one look."""
        first, last = bisect_left(self.at_ns, begin_ns), bisect_right(self.at_ns, end_ns) - 1
        if first >= last:
            return 0.0
        return (self.cpu_ns[last] - self.cpu_ns[first]) / (self.at_ns[last] - self.at_ns[first])


class Watched:
    """Looks at processes from a thread, every PERIOD_S, for as long as the `with` block."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._processes: Final = [psutil.Process(pid) for pid in pids]
        self._over: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._look)
        self.looks: Final = {pid: Looks() for pid in pids}

    def _look(self) -> None:
        while not self._over.wait(PERIOD_S):
            for process in self._processes:
                times = process.cpu_times()
                self.looks[process.pid].note(monotonic_ns(), round((times.user + times.system) * SECOND))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def on_cluster(job: Job, *more: str, godebug: str = "") -> Run:
    """The program on 2 Ps and 2 Ms of its own."""
    with Cluster(procs=MS, workers=MS) as cluster:
        pids = pids_of(cluster, MS)
        with Watched(pids) as watched:
            printed = printed_by(cluster, PROGRAM, job.goroutines, job.rounds, job.loops, *more, godebug=godebug)
    told = json.loads(printed[-1])
    begin_ns, end_ns = told["begin_ns"], told["end_ns"]
    busy = tuple(watched.looks[pid].busy(begin_ns + SETTLED_NS, end_ns) for pid in pids)
    wall_ns = end_ns - begin_ns
    ended = tuple(told["ended"].count(pid) for pid in pids)
    return Run(wall_ns, busy, told["arithmetic_ns"] / (MS * wall_ns), ended)


def on_bare_processes(job: Job) -> Run:
    """The arithmetic alone, half of it in each of two processes."""
    times = job.goroutines * job.rounds
    shares = [times // 2, times - times // 2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _BARE, str(share), str(job.loops)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        for share in shares
    ]
    pipes = [(process.stdin, process.stdout) for process in processes]
    for _, out in pipes:
        assert out is not None
        out.readline()
    begin_ns = monotonic_ns()
    for into, _ in pipes:
        assert into is not None
        into.write("go\n")
    told = [json.loads(out.readline()) for _, out in pipes if out is not None]
    for process in processes:
        process.communicate()
    wall_ns = max(one["end_ns"] for one in told) - begin_ns
    busy = tuple(one["cpu_ns"] / wall_ns for one in told)
    return Run(wall_ns, busy, sum(busy) / MS)


def loops_for(work_ns: float) -> int:
    """How many turns of `compute` take about so long here, in the quickest of some trials."""
    quickest = min(_compute_ns(_TRIAL_LOOPS) for _ in range(_TRIALS))
    return max(1, round(_TRIAL_LOOPS * work_ns / quickest))


def _compute_ns(loops: int) -> int:
    begin_ns = perf_counter_ns()
    compute(loops)
    return perf_counter_ns() - begin_ns


def beside_others(measure: Callable[[], Run]) -> Run:
    """The run, with what all that is not it and this process used meanwhile. It must leave no process behind."""
    begin_ns, all_s, ours_s = monotonic_ns(), _used_s(), _used_by_us_s()
    run = measure()
    others_s = _used_s() - all_s - (_used_by_us_s() - ours_s)
    return replace(run, others=max(0.0, others_s * SECOND / (monotonic_ns() - begin_ns)))


def _used_s() -> float:
    times = psutil.cpu_times()
    return sum(times[: times._fields.index("idle")]) + getattr(times, "steal", 0.0)


def _used_by_us_s() -> float:
    usages = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measured(job: Job, repeat: int, dice: random.Random) -> Runs:
    """The runs of each kind, one of each in a round, of at least `repeat` rounds."""
    kinds = {
        "moved": lambda: on_cluster(job),
        "stayed": lambda: on_cluster(job, godebug="moveoff=1"),
        "split": lambda: on_cluster(job, "split"),
        "bare": lambda: on_bare_processes(job),
    }
    runs: dict[str, list[Run]] = {name: [] for name in kinds}
    for done in range(TRIES * repeat):
        if done >= repeat and len(undisturbed(runs)["bare"]) >= repeat:
            break
        for name in dice.sample(list(kinds), len(kinds)):
            runs[name].append(beside_others(kinds[name]))
    return runs


def undisturbed(runs: Runs) -> Runs:
    """Those of the rounds in which others used little in every run."""
    rounds = zip(*runs.values(), strict=True)
    calm = [i for i, one in enumerate(rounds) if max(run.others for run in one) <= OTHERS_MAX]
    return {name: [made[i] for i in calm] for name, made in runs.items()}


def ratios(runs: Runs, name: str, by: str = "bare") -> Figure:
    """The wall times of one kind, by that of another in the same round."""
    pairs = zip(runs[name], runs[by], strict=True)
    return Figure(f"x {by}", tuple(run.wall_ns / other.wall_ns for run, other in pairs))


def aims(runs: Runs) -> dict[str, bool | None]:
    """What the moving of goroutines is for, and whether it is reached, by the medians; None when all were disturbed."""
    calm = undisturbed(runs)
    both_busy = f"moved: both Ms busy for at least {BUSY_MIN:.0%} after the first second"
    split = f"moved: at most {RATIO_MAX} times as long as the program that was split"
    bare = f"moved: at most {RATIO_MAX} times as long as the bare processes"
    idle = f"stayed: more than {RATIO_MAX} times as long as the program that was split"
    if not calm["bare"]:
        return dict.fromkeys((both_busy, split, bare, idle))
    least = Figure("", tuple(min(run.busy) for run in calm["moved"]))
    return {
        both_busy: least.median >= BUSY_MIN,
        split: ratios(calm, "moved", "split").median <= RATIO_MAX,
        bare: ratios(calm, "moved").median <= RATIO_MAX,
        idle: ratios(calm, "stayed", "split").median > RATIO_MAX,
    }


def describe(runs: Runs) -> dict[str, object]:
    """As plain data; shares and ratios are of all rounds, those that were disturbed too."""
    kinds = {}
    for name, made in runs.items():
        kinds[name] = {
            "wall": Figure("s", tuple(run.wall_ns / SECOND for run in made)).describe(),
            "ratio": ratios(runs, name).describe(),
            "runs": [asdict(run) for run in made],
        }
    return {"runs": kinds, "undisturbed": len(undisturbed(runs)["bare"]), "aims": aims(runs)}


def show(runs: Runs) -> None:
    """As tables: of all rounds, and of the undisturbed."""
    calm = undisturbed(runs)
    count, total = len(calm["bare"]), len(runs["bare"])
    print(f"all {total} rounds, median [quartiles]")
    _table(runs)
    if count < total:
        print(f"the {count} that were not disturbed")
        if count:
            _table(calm)
    ended = ", ".join("+".join(map(str, run.ended)) for run in runs["moved"])
    print(f"goroutines that ended on each M, moved: {ended}")
    words = {True: "met", False: "NOT MET", None: "unknown"}
    for aim, met in aims(runs).items():
        print(f"{words[met]:8}{aim}")


def _table(runs: Runs) -> None:
    """Of each run the process that was less busy stands first."""
    print(f"{'':8}{'wall':>24}{'ratio':>28}  {'less busy':<22}{'busier':<22}{'useful':<22}{'others':<22}".rstrip())
    for name, made in runs.items():
        wall = Figure("s", tuple(run.wall_ns / SECOND for run in made))
        shares = [(min(run.busy), max(run.busy), run.useful, run.others) for run in made]
        percents = [Figure("%", tuple(100 * one for one in share)) for share in zip(*shares, strict=True)]
        print(
            f"{name:8}{wall!s:>24}{ratios(runs, name)!s:>28}  " + "".join(f"{one!s:<22}" for one in percents).rstrip()
        )


@click.command()
@click.option("--goroutines", type=click.IntRange(2), default=64, show_default=True, help="How many.")
@click.option("--rounds", type=click.IntRange(1), default=40, show_default=True, help="Of each goroutine.")
@click.option("--work-ms", default=5.0, show_default=True, help="Of arithmetic in a round, about.")
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Runs of each kind; more when others disturb.",
)
@click.option("--seed", default=0, show_default=True, help="Of the order of the runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def main(goroutines: int, rounds: int, work_ms: float, repeat: int, seed: int, as_json: bool) -> None:
    """Measure the same work moved, not moved, and on two bare processes."""
    if not frame.available:
        raise click.ClickException(f"nothing moves here: {frame.why_not}")
    facts = machine()
    job = Job(goroutines, rounds, loops_for(work_ms * MILLISECOND))
    if not as_json:
        print(in_words(facts))
        print(f"{goroutines} goroutines, {rounds} rounds of {job.loops} turns, seed {seed}")
    runs = measured(job, repeat, random.Random(seed))
    if as_json:
        made = {"goroutines": goroutines, "rounds": rounds, "loops": job.loops, "repeat": repeat, "seed": seed}
        print(json.dumps({"machine": facts, **made, **describe(runs)}))
    else:
        show(runs)


if __name__ == "__main__":
    main()
