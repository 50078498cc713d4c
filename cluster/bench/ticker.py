"""A ticker of 10 ms beside three hogs on one P: `python -m cluster.bench.ticker`.

The program is cluster/examples/preempt.py: loops without an await, and a goroutine that is due every 10 ms and notes
how late it is. Ticks that come while it is not there are dropped, as Go's ticker drops them.

cluster          one P, one M: hogs are preempted by a signal.
asyncpreemptoff  the same with GODEBUG=asyncpreemptoff=1: hogs run until they end.
asyncio, trio    the same hogs and the same ticker as tasks of one event loop; trio where it can be imported.

All in turn, in this order. Aim: beside hogs that are preempted the 99th percentile is less than P99_MAX_MS.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import monotonic_ns
from typing import Final

import click

from cluster.api.cluster import Cluster
from cluster.bench.machine import in_words, machine
from cluster.bench.running import pids_of, printed_by
from cluster.examples import preempt
from cluster.model.clock import MILLISECOND, SECOND

P99_MAX_MS: Final = 25.0
PROGRAM: Final = Path(preempt.__file__)
OFF: Final = "asyncpreemptoff=1"


@dataclass(frozen=True, slots=True)
class Ticks:
    """How late a ticker was. `due` is how often it was to tick."""

    due: int
    late_ns: tuple[int, ...]

    @property
    def median_ms(self) -> float:
        return median(self.late_ns) / MILLISECOND

    @property
    def p99_ms(self) -> float:
        """The least of the ticks that 99 of 100 were no later than."""
        return sorted(self.late_ns)[-(-99 * len(self.late_ns) // 100) - 1] / MILLISECOND

    @property
    def max_ms(self) -> float:
        return max(self.late_ns) / MILLISECOND

    def describe(self) -> dict[str, float]:
        """As plain data."""
        times = {"median_ms": self.median_ms, "p99_ms": self.p99_ms, "max_ms": self.max_ms}
        return {"due": self.due, "ticks": len(self.late_ns), **{name: round(ms, 3) for name, ms in times.items()}}

    def __str__(self) -> str:
        return (
            f"{len(self.late_ns):>5} of {self.due:<5}{self.median_ms:>10.1f} ms{self.p99_ms:>10.1f} ms"
            f"{self.max_ms:>10.1f} ms"
        )


HEAD: Final = f"{'ticks':>5}{'':9}{'median':>13}{'99 %':>13}{'latest':>13}"


def due_in(seconds: float) -> int:
    """How often a ticker is due in that time; not at its end."""
    return -(-int(seconds * SECOND) // preempt.PERIOD_NS) - 1


def told_in(lines: list[str], seconds: float) -> Ticks:
    """The ticks in what the program printed."""
    return Ticks(due_in(seconds), tuple(json.loads(next(line for line in lines if line.startswith("[")))))


def on_cluster(seconds: float, godebug: str = "") -> Ticks:
    """One P, one M."""
    with Cluster(1, 1) as cluster:
        pids_of(cluster, 1)  # it is there: its start is not measured
        return told_in(printed_by(cluster, PROGRAM, seconds, "json", godebug=godebug), seconds)


def on_asyncio(seconds: float) -> Ticks:
    """The event loop of the standard library."""

    async def hog(until_ns: int) -> None:
        preempt.compute(until_ns)

    async def main() -> list[int]:
        until_ns = monotonic_ns() + int(seconds * SECOND)
        ticker = asyncio.create_task(preempt.ticks(until_ns, asyncio.sleep))
        await asyncio.gather(*(hog(until_ns) for _ in range(preempt.HOGS)))
        return await ticker

    return Ticks(due_in(seconds), tuple(asyncio.run(main())))


def on_trio(seconds: float) -> Ticks | None:
    """None where trio is not installed: it is no dependency of ours."""
    if find_spec("trio") is None:
        return None
    trio = import_module("trio")
    late_ns: list[int] = []

    async def hog(until_ns: int) -> None:
        preempt.compute(until_ns)

    async def ticker(until_ns: int) -> None:
        late_ns.extend(await preempt.ticks(until_ns, trio.sleep))

    async def main() -> None:
        until_ns = monotonic_ns() + int(seconds * SECOND)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ticker, until_ns)
            await trio.sleep(0)  # trio runs what is ready in any order: the ticker begins first, as elsewhere
            for _ in range(preempt.HOGS):
                nursery.start_soon(hog, until_ns)

    trio.run(main)
    return Ticks(due_in(seconds), tuple(late_ns))


def measured(seconds: float) -> dict[str, Ticks | None]:
    """All of them, by name; None for one that is not installed."""
    kinds: Mapping[str, Callable[[], Ticks | None]] = {
        "cluster": lambda: on_cluster(seconds),
        "asyncpreemptoff": lambda: on_cluster(seconds, OFF),
        "asyncio": lambda: on_asyncio(seconds),
        "trio": lambda: on_trio(seconds),
    }
    return {name: measure() for name, measure in kinds.items()}


def aims(runs: Mapping[str, Ticks | None]) -> dict[str, bool]:
    """What preemption is for, and whether it is reached."""
    ours = runs["cluster"]
    assert ours is not None
    return {f"cluster: 99 of 100 ticks late by less than {P99_MAX_MS:.0f} ms": ours.p99_ms < P99_MAX_MS}


def show(runs: Mapping[str, Ticks | None]) -> None:
    """As a table."""
    print(f"{'':17}{HEAD}")
    for name, ticks in runs.items():
        print(f"{name:17}{ticks if ticks is not None else '  is not installed'}")
    for aim, met in aims(runs).items():
        print(f"{'met' if met else 'NOT MET':8}{aim}")


@click.command()
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Of each run.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def main(seconds: float, as_json: bool) -> None:
    """Measure how late a ticker is beside loops that do not await."""
    facts = machine()
    if not as_json:
        print(in_words(facts))
        print(f"{preempt.HOGS} hogs and a ticker of {preempt.PERIOD_NS // MILLISECOND} ms for {seconds:g} s")
    runs = measured(seconds)
    if as_json:
        described = {name: ticks.describe() if ticks is not None else None for name, ticks in runs.items()}
        print(json.dumps({"machine": facts, "seconds": seconds, "runs": described, "aims": aims(runs)}))
    else:
        show(runs)


if __name__ == "__main__":
    main()
