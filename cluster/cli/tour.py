"""The tour of `cluster demo`: a story, measurements, a picture, and the report of all, from real runs."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cluster.api.cluster import Cluster
from cluster.api.session import print_to_streams
from cluster.api.source import of_file
from cluster.cli.reporting import finish
from cluster.examples import catalog
from cluster.model.clock import SECOND, MonotonicClock
from cluster.model.errors import ProgramError
from cluster.trace.cores import Run, comparison
from cluster.trace.explain import Explainer
from cluster.wire.messages import Options, Span, Step

LIMIT: Final = "1200000"  # primes below: two seconds on one core of 2020
LIMIT_QUICK: Final = "300000"
ROUNDS: Final = 3
_EXAMPLES: Final = Path(catalog.__file__).parent


@dataclass(slots=True)
class Measured:
    """One run of a program: its wall time as its user saw it, and its trace if it was asked for."""

    begin_ns: int
    wall_ns: int
    spans: list[Span] = field(default_factory=list)


class Tour:
    """Shows itself on a console, and leaves its files in `out`."""

    def __init__(self, console: Console, procs: int, workers: int, out: Path, *, quick: bool) -> None:
        self._console: Final = console
        self._procs: Final = procs
        self._workers: Final = workers
        self._out: Final = out
        self._quick: Final = quick
        self._limit: Final = LIMIT_QUICK if quick else LIMIT
        self._rounds: Final = 1 if quick else ROUNDS
        self._clock: Final = MonotonicClock()

    def show(self) -> None:
        """All of it."""
        story = self._hello()
        self._scaling()
        picture, say = self._cores()
        lines, drawing = story.read_text("utf-8").splitlines(), picture.read_text("utf-8")
        page = finish(self._console, self._procs, self._out, lines, drawing, say, quick=self._quick)
        self._console.rule("Where the files are")
        self._console.print(f"{page}: all of it as one page, for a browser", highlight=False)
        self._console.print(f"{story}: how hello world started, step by step", highlight=False)
        self._console.print(f"{picture}: which core ran what, on {self._procs} Ps and on one core", highlight=False)

    def _hello(self) -> Path:
        self._console.rule("1. Hello, world: every step, as it happens")
        explainer = Explainer()
        story: list[str] = []

        def watch(_spans: tuple[Span, ...], steps: tuple[Step, ...]) -> None:
            for line in explainer.lines(steps):
                story.append(line)
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)

        def write(stream: int, data: bytes) -> None:
            story.extend(f"    {line}" for line in data.decode("utf-8", "replace").splitlines())
            print_to_streams(stream, data)

        with Cluster(self._procs, self._workers) as cluster:
            code, text = cluster.run_file(
                of_file(_EXAMPLES / "hello.py", ()), Options(explain=True, trace=False, by_path=True), write, watch
            )
        if code:
            raise ProgramError(text, code)
        target = self._out / "hello.txt"
        target.write_text("\n".join(story) + "\n", encoding="utf-8")
        return target

    def _scaling(self) -> None:
        self._console.rule("2. The same work on more Ps")
        counts = sorted({1, *(2**k for k in range(self._procs.bit_length()) if 2**k <= self._procs), self._procs})
        walls: dict[int, list[int]] = {procs: [] for procs in counts}
        with self._progress() as progress:
            task = progress.add_task("counting primes", total=len(counts) * self._rounds)
            for _ in range(self._rounds):
                for procs in counts:  # in turn, so that a slow minute of the machine falls on all
                    progress.update(task, description=f"counting primes on {procs} P{'s' if procs > 1 else ''}")
                    walls[procs].append(self._measure(procs, procs, None, trace=False).wall_ns)
                    progress.advance(task)
        table = Table(title=f"primes below {int(self._limit):,}, median of {self._rounds}", title_justify="left")
        for column in ("Ps = Ms", "wall", "speed-up", "of the ideal"):
            table.add_column(column, justify="right")
        one = statistics.median(walls[1])
        for procs, wall in ((procs, statistics.median(walls[procs])) for procs in counts):
            speedup = one / wall
            table.add_row(str(procs), f"{wall / SECOND:.3f} s", f"{speedup:.2f}", f"{100 * speedup / procs:.0f} %")
        self._console.print(table)

    def _cores(self) -> tuple[Path, str]:
        """Where the picture is, and what it shows, in words."""
        self._console.rule("3. Who ran what, where and when")
        with self._progress() as progress:
            task = progress.add_task(f"tracing on {self._procs} Ps", total=2)
            many = self._measure(self._procs, self._workers, None, trace=True)
            progress.update(task, advance=1, description="the same, pinned to one core")
            core = min((span.core for span in many.spans if span.core >= 0), default=None)
            one = self._measure(self._procs, self._workers, core, trace=True)
            progress.advance(task)
        title = f"primes below {int(self._limit):,} on {self._procs} Ps"
        drawing = comparison(
            Run(title, many.spans, many.wall_ns, many.begin_ns),
            Run(f"{title}, all Ms pinned to one core", one.spans, one.wall_ns, one.begin_ns),
        )
        target = self._out / "cores.svg"
        target.write_text(drawing, encoding="utf-8")
        used = sorted({span.core for span in many.spans})
        ms = sorted({span.m for span in many.spans})
        say = (
            f"{len(ms)} Ms ran {len({span.goid for span in many.spans})} goroutines on the cores "
            f"{', '.join(map(str, used))} in {many.wall_ns / SECOND:.2f} s; pinned to one core it took "
            f"{one.wall_ns / SECOND:.2f} s."
        )
        self._console.print(say, highlight=False)
        return target, say

    def _measure(self, procs: int, workers: int, core: int | None, *, trace: bool) -> Measured:
        """Run the job on a cluster of its own. The processes' start is not measured."""
        spans: list[Span] = []

        def watch(more: tuple[Span, ...], _steps: tuple[Step, ...]) -> None:
            spans.extend(more)

        with Cluster(procs, workers, core=core) as cluster:
            while len(cluster.status().ms) < workers:
                pass  # each status is a round trip to the coordinator: it paces itself
            begin = self._clock.now()
            source = of_file(_EXAMPLES / "primes.py", (self._limit,))
            code, text = cluster.run_file(source, Options(explain=False, trace=trace, by_path=True), _silent, watch)
            wall_ns = self._clock.now() - begin
        if code:
            raise ProgramError(text, code)
        return Measured(begin, wall_ns, spans)

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self._console, transient=True)


def _silent(_stream: int, _data: bytes) -> None:
    """The measured runs print nothing."""
