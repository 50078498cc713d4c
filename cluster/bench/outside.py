"""Tools of others that measure the same, as rungs beside ours: `perf bench sched pipe`, and Go's own benchmarks.

perf        Two processes, or threads with -T, and two pipes: an operation of ours is half of one of its. It counts what
            the pipe's calls cost, so that it is held against our raw figure, not against what is left of it.
go test     The loops of native.go, written as benchmarks are in Go, and counted and timed by Go's package testing.
Check       Two medians of the same ladder, whose samples were taken in turn: they agree when neither is over 20 % more.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from cluster.bench.built import BUILD_TIMEOUT_S, go_environment
from cluster.bench.placement import Placement, held_on
from cluster.bench.sampling import Ladder, Measure, Reading, Rung, UnavailableError
from cluster.model.clock import MICROSECOND

RUN_TIMEOUT_S: Final = 120.0
PERF_PROCESS: Final = "perf bench sched pipe"
PERF_THREAD: Final = "perf bench sched pipe -T"
_SAME: Final = {PERF_PROCESS: "C: OS process by pipe", PERF_THREAD: "C: OS thread by pipe"}
GO_TEST: Final = "go test: "
BENCHMARKS: Final = {"Gosched": "goroutine yield in an M", "Hop": "channel hop in an M"}  # and our names for them
GO_TESTS: Final = """package switches
import ("runtime";"sync";"testing")
func BenchmarkGosched(b *testing.B) {
	var done sync.WaitGroup
	done.Add(2)
	for k := 0; k < 2; k++ {
		go func() {
			for i := 0; i < b.N; i++ { runtime.Gosched() }
			done.Done()
		}()
	}
	done.Wait()
}
func BenchmarkHop(b *testing.B) {
	there, back := make(chan int), make(chan int)
	go func() { for token := range there { back <- token } }()
	b.ResetTimer()
	for i := 0; i < b.N; i++ { there <- i; <-back }
	b.StopTimer()
	close(there)
}
"""
HOPS: Final = 2  # of one operation of these tools: there and back, or one yield of each goroutine
AGREES_WITHIN: Final = 0.20


@dataclass(frozen=True, slots=True)
class Check:
    """A rung of ours beside the tool that measures the same."""

    ours: str
    theirs: str
    ours_ns: float
    theirs_ns: float

    @property
    def ratio(self) -> float:
        """Ours to theirs."""
        return self.ours_ns / self.theirs_ns

    @property
    def agrees(self) -> bool:
        """Whether neither is over AGREES_WITHIN more than the other."""
        return max(self.ratio, 1 / self.ratio) <= 1 + AGREES_WITHIN

    def describe(self) -> dict[str, object]:
        """As plain data."""
        return {**asdict(self), "ratio": self.ratio, "agrees": self.agrees}


def checks(ladder: Ladder) -> list[Check]:
    """Of all tools that were sampled in it. What has no interpreter in it is held against perf, where there is any."""
    found = []
    for theirs, taken in ladder.taken.items():
        name, _, place = theirs.partition(", ")
        ours = [_SAME[name], _SAME[name].removeprefix("C: ")] if name in _SAME else []
        ours = [f"{one}, {place}" for one in ours] or ["Go: " + theirs.removeprefix(GO_TEST)] * (GO_TEST in theirs)
        for one in ours:
            if one in ladder.taken:
                found.append(Check(one, theirs, ladder.taken[one].raw.median, taken.raw.median))
                break
    return found


def perf(places: Sequence[Placement]) -> list[Rung]:
    """It, on one core: on two it does not pin its parties to one each, and they share a core as often as not."""
    return [
        Rung(f"{name}, {place.name}", partial(_perf, place, flags))
        for place in places
        for name, flags in ((PERF_PROCESS, ()), (PERF_THREAD, ("-T",)))
        if place.first == place.second
    ]


@contextmanager
def _perf(place: Placement, flags: Sequence[str]) -> Iterator[Measure]:
    if shutil.which("perf") is None:
        raise UnavailableError("no perf is on the PATH: `perf bench sched pipe`, a check from outside, is left out")

    def measure(count: int) -> Reading:
        rounds = max(1, count // HOPS)
        with held_on(place.first):
            return of_perf(rounds, _said(["perf", "bench", "sched", "pipe", "-l", str(rounds), *flags]))

    yield measure


def of_perf(rounds: int, text: str) -> Reading:
    """The reading in what perf prints: microseconds of a round trip. UnavailableError when there is none."""
    found = re.search(r"([\d.]+) usecs/op", text)
    if found is None:
        raise UnavailableError(f"perf bench printed {text.strip()!r}, and no microseconds")
    return Reading(HOPS * rounds, round(float(found[1]) * rounds * MICROSECOND))


def go_tests(place: Placement, directory: Path) -> list[Rung]:
    """Go's benchmarks, built in a directory. UnavailableError when they are not to be had."""
    (directory / "go.mod").write_text("module switches\n")
    (directory / "switches_test.go").write_text(GO_TESTS)
    program = directory / "switches.test"
    _said(["go", "test", "-c", "-o", str(program)], directory)
    return [
        Rung(GO_TEST + name, partial(_go_test, place, program, benchmark)) for benchmark, name in BENCHMARKS.items()
    ]


@contextmanager
def _go_test(place: Placement, program: Path, benchmark: str) -> Iterator[Measure]:
    def measure(count: int) -> Reading:
        rounds = max(1, count // HOPS)
        flags = ["-test.bench", f"^Benchmark{benchmark}$", "-test.cpu", "1", "-test.benchtime", f"{rounds}x"]
        with held_on(place.first):
            return of_go_test(_said([str(program), "-test.run", "^$", *flags]))

    yield measure


def of_go_test(text: str) -> Reading:
    """The reading in what a benchmark prints: rounds, and nanoseconds of each. UnavailableError when there is none."""
    found = re.search(r"^Benchmark\S+\s+(\d+)\s+([\d.]+) ns/op", text, re.MULTILINE)
    if found is None:
        raise UnavailableError(f"go test printed {text.strip()!r}, and no benchmark")
    rounds = int(found[1])
    return Reading(HOPS * rounds, round(float(found[2]) * rounds))


def _said(command: Sequence[str], directory: Path | None = None) -> str:
    """What a tool prints. UnavailableError when it fails."""
    env = go_environment(directory) if directory is not None else None
    timeout_s = BUILD_TIMEOUT_S if directory is not None else RUN_TIMEOUT_S
    try:
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=timeout_s, cwd=directory, env=env
        )
    except subprocess.CalledProcessError as error:
        raise UnavailableError(f"{command[0]} fails: {error.stderr.strip() or error.stdout.strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{command[0]} does not work: {error}") from error
    return done.stdout
