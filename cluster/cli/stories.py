"""`cluster demo handoff` and `cluster demo preempt`: a run on real processes, told from its trace, and drawn."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Final

import psutil
from rich.console import Console

from cluster.api.cluster import Cluster
from cluster.api.source import of_file
from cluster.bench import ticker
from cluster.bench.running import pids_of
from cluster.examples import handoff, preempt
from cluster.launch.cpus import num_cpu
from cluster.model.clock import MILLISECOND, SECOND, MonotonicClock
from cluster.model.errors import ProgramError
from cluster.trace.cores import Run, picture
from cluster.trace.handoffs import calls, without_calls
from cluster.trace.story import HEAD, Teller, table_of
from cluster.trace.timeline import LABEL_WIDTH, Window, draw
from cluster.wire.messages import Options, Span, Step

SLEEP_S: Final = 1.0
SLEEP_QUICK_S: Final = 0.3
TICKER_S: Final = 3.0
TICKER_QUICK_S: Final = 0.5
CELLS_MAX: Final = 100
SWITCHES_TOLD: Final = 4
SWITCHES_SKIPPED: Final = 3  # of the first slices: then all three hogs have begun


@dataclass(frozen=True, slots=True)
class Traced:
    """A run: what it printed, its trace, and what the processes of the Ms used meanwhile."""

    lines: list[str]
    spans: list[Span]
    steps: list[Step]
    begin_ns: int
    wall_ns: int
    used_s: float  # CPU time of the Ms
    others_s: float  # of all other processes of this machine, this one included


def tell_handoff(console: Console, out: Path, *, quick: bool) -> None:
    """Sleepers beside hogs on two Ps."""
    seconds, procs = SLEEP_QUICK_S if quick else SLEEP_S, 2
    _say(
        console,
        f"{handoff.SLEEPERS} goroutines call time.sleep({seconds:g}), and {handoff.HOGS} compute, on {procs} Ps.",
    )
    run = _traced(Path(handoff.__file__), procs, [f"{seconds:g}"])
    teller, blocked = Teller(run.steps, run.spans), calls(run.steps)
    first = next((call for call in blocked if call.taken is not None and call.taken.m != call.blocks.m), None)
    if first is not None:
        console.rule("1. A goroutine blocks its M, and the P goes on without it")
        _tell(console, teller, teller.handing_off(first))
        console.rule("2. It comes back, and stands in line for a P")
        _tell(console, teller, teller.coming_back(first))
    console.rule("3. All calls that blocked")
    _say(console, *table_of(blocked, teller.origin_ns))
    console.rule("4. Over time")
    window = Window(teller.origin_ns, run.begin_ns + run.wall_ns, _cells(console), teller.origin_ns)
    _say(console, *draw(run.spans, run.steps, window))
    console.rule("5. In figures")
    _say(console, *_figures(run, min(procs, num_cpu()), seconds))
    _draw_cores(console, out / "handoff.svg", f"{procs} Ps, goroutines that sleep and compute", run)


def _figures(run: Traced, cores: int, seconds: float) -> list[str]:
    """How long it took, and how busy the cores were meanwhile."""
    began_ns = min(span.start_ns for span in run.spans if span.name.endswith(handoff.sleeps.__name__))
    backs = [call.back.at_ns for call in calls(run.steps) if call.back is not None]
    together_s = (max(backs, default=run.begin_ns + run.wall_ns) - began_ns) / SECOND
    wall_s = run.wall_ns / SECOND
    ms, percent, others = len({span.m for span in run.spans}), run.used_s / (cores * wall_s), run.others_s / wall_s
    return [
        f"{handoff.SLEEPERS} sleeps of {seconds:g} s, one after the other: {handoff.SLEEPERS * seconds:.2f} s",
        f"measured, from the first that slept to the last that was back: {together_s:.2f} s",
        f"{ms} Ms used {run.used_s:.2f} s of processor time in {wall_s:.2f} s: {percent:.0%} of {cores} cores",
        f"everything else on this machine used {others:.2f} of a core meanwhile",
    ]


def tell_preempt(console: Console, out: Path, *, quick: bool) -> None:
    """A ticker beside hogs on one P."""
    seconds = TICKER_QUICK_S if quick else TICKER_S
    _say(console, f"{preempt.HOGS} goroutines that never await, and a ticker of 10 ms, on one P.")
    run = _traced(Path(preempt.__file__), 1, [f"{seconds:g}", "json"])
    teller = Teller(run.steps, run.spans)
    told = teller.switching(SWITCHES_SKIPPED, SWITCHES_TOLD)
    console.rule("1. Some slices")
    _tell(console, teller, told)
    console.rule("2. Over time")
    begin_ns = told[0].at_ns if told else run.begin_ns
    cells = _cells(console)
    window = Window(begin_ns, begin_ns + cells * MILLISECOND, cells, teller.origin_ns)
    _say(console, *draw(run.spans, run.steps, window, goroutines=True))
    console.rule("3. How late the ticker was")
    _say(console, f"{'':34}{ticker.HEAD}")
    rivals: Mapping[str, Callable[[], ticker.Ticks | None]] = {
        "hogs are preempted": lambda: ticker.told_in(run.lines, seconds),
        f"GODEBUG={ticker.OFF}": lambda: ticker.on_cluster(seconds, ticker.OFF),
        "the same tasks in asyncio": lambda: ticker.on_asyncio(seconds),
        "the same tasks in trio": lambda: ticker.on_trio(seconds),
    }
    for name, measure in rivals.items():
        if (ticks := measure()) is not None:
            _say(console, f"{name:34}{ticks}")
    _draw_cores(console, out / "preempt.svg", f"{preempt.HOGS} hogs and a ticker on one P", run)


STORIES: Final[Mapping[str, Callable[..., None]]] = {"handoff": tell_handoff, "preempt": tell_preempt}


def _traced(program: Path, procs: int, arguments: list[str]) -> Traced:
    """Run it on a cluster of its own, whose Ms are there before it begins."""
    clock, spans, steps, printed = MonotonicClock(), list[Span](), list[Step](), bytearray()

    def watch(more_spans: tuple[Span, ...], more_steps: tuple[Step, ...]) -> None:
        spans.extend(more_spans)
        steps.extend(more_steps)

    def write(_stream: int, data: bytes) -> None:
        printed.extend(data)

    with Cluster(procs, procs) as cluster:
        pids = pids_of(cluster, procs)
        all_s, ms_s, begin_ns = _used_by_all_s(), {pid: _used_s(pid) for pid in pids}, clock.now()
        source = of_file(program, tuple(arguments))
        code, text = cluster.run_file(source, Options(explain=True, trace=True, by_path=True), write, watch)
        wall_ns, used = clock.now() - begin_ns, 0.0
        for m in cluster.status().ms:
            used += _used_s(m.pid) - ms_s.get(m.pid, 0.0)
        others_s = _used_by_all_s() - all_s - used
    if code:
        raise ProgramError(text, code)
    return Traced(
        printed.decode("utf-8", "replace").splitlines(), spans, steps, begin_ns, wall_ns, used, max(0.0, others_s)
    )


def _used_s(pid: int) -> float:
    """CPU time of a process so far."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def _used_by_all_s() -> float:
    times = psutil.cpu_times()
    return sum(times[: times._fields.index("idle")]) + getattr(times, "steal", 0.0)


def _draw_cores(console: Console, target: Path, title: str, run: Traced) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    spans = without_calls(run.spans, calls(run.steps))
    target.write_text(picture(Run(title, spans, run.wall_ns, run.begin_ns)), encoding="utf-8")
    _say(console, "", f"picture: {os.fspath(target)}")


def _cells(console: Console) -> int:
    """How wide a drawing may be: as the terminal is, and no wider than can be taken in at a glance."""
    return min(CELLS_MAX, console.width - LABEL_WIDTH) if console.is_terminal else CELLS_MAX


def _tell(console: Console, teller: Teller, steps: Iterable[Step]) -> None:
    """Steps as lines, folded on a terminal under their words."""
    _say(console, HEAD)
    for line in teller.lines(steps):
        _say(console, fill(line, console.width, subsequent_indent=" " * len(HEAD)) if console.is_terminal else line)


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
