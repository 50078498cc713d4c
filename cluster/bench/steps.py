"""What the scheduler's own steps cost, each as its benchmark measures it: leases, moves, reactions, memory.

Unlike a rung of the ladder, most of these are events, each of which is timed by itself: median, quartiles and the
99th percentile say how they are spread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cluster.bench import crossing, kernel, lease, moving, sysmon
from cluster.bench.figures import Figure, by_name
from cluster.bench.movepeer import NoneShared
from cluster.bench.placement import Placement
from cluster.bench.sampling import UnavailableError
from cluster.bench.served import INSIDERS, once
from cluster.wire import frame
from cluster.wire.pickling import Pickling

QUICK_ROUNDS: Final = 3
QUICK_PART: Final = 10  # of the operations in a round
QUICK_MS: Final = 500  # some hundred moves
QUICK_SAMPLES: Final = 5
QUICK_IDLE_S: Final = 0.5

Section = Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Step:
    """Sections that are measured together, and how long that takes, as a guess for the time left."""

    name: str
    measure: Callable[[], dict[str, Section]]
    seconds: float


def steps(place: Placement, go: str | None, *, quick: bool) -> list[Step]:
    """In order; moves only where there are some."""
    found = [
        Step("in one M", lambda: {"in one M": in_one_m(quick)}, 0.3 if quick else 5),
        Step("memory", lambda: {"memory": memory(place, go, kernel.PARKED // (QUICK_PART if quick else 1))}, 1.0),
        Step("lease", lambda: {"lease": lease.round_trips(lease.ROUNDS // QUICK_PART if quick else lease.ROUNDS)}, 1.0),
    ]
    if frame.available:
        found += [
            Step("packing", lambda: packing(quick), 0.5 if quick else 8),
            Step(
                "moves",
                lambda: {"from M to M": crossing.costs(QUICK_MS if quick else crossing.FOR_MS)},
                1 if quick else 6,
            ),
        ]
    return [*found, Step("reactions", lambda: reacting(quick), 5 if quick else 45)]


def in_one_m(quick: bool) -> Section:
    """A yield, a hop over a channel, a spawn; with the collector on, as in real programs."""
    rounds = [kernel.costs(QUICK_PART if quick else 1) for _ in range(QUICK_ROUNDS if quick else kernel.ROUNDS)]
    return {name: Figure("ns", samples) for name, samples in by_name(rounds).items()}


def memory(place: Placement, go: str | None, goroutines: int) -> Section:
    """Of a goroutine that waits on a channel, here and in Go."""
    commands = {"parked goroutine": [*INSIDERS, "parked", *place.arguments]}
    if go is not None:
        commands["parked goroutine in Go"] = [go, "parked", *place.arguments]
    readings = {name: once(command, goroutines) for name, command in commands.items()}
    return {name: Figure("bytes", (reading.ns / reading.count,)) for name, reading in readings.items()}


def reacting(quick: bool) -> dict[str, Section]:
    """How quickly the scheduler does what it does by itself; and what it takes while there is nothing to do."""
    taken = sysmon.reactions(QUICK_SAMPLES, 1) if quick else sysmon.reactions()
    return {"reactions": taken | sysmon.idle(QUICK_IDLE_S if quick else sysmon.IDLE_S)}


def packing(quick: bool) -> dict[str, Section]:
    """A started goroutine as bytes, and back: a section for each kind of goroutine."""
    rounds, times = (QUICK_ROUNDS, moving.TIMES // QUICK_PART) if quick else (moving.ROUNDS, moving.TIMES)
    kinds = moving.costs(Pickling("__main__", NoneShared()), rounds, times)
    return {f"packing: {kind}": figures for kind, figures in kinds.items()}


def describe(sections: Mapping[str, Section]) -> dict[str, dict[str, object]]:
    """As plain data."""
    return {title: {name: figure.describe() for name, figure in section.items()} for title, section in sections.items()}


def left_out() -> dict[str, str]:
    """What cannot be measured here, and why."""
    return {} if frame.available else {"moves": f"started goroutines do not move here: {frame.why_not}"}


def taken(step: Step) -> tuple[dict[str, Section], str]:
    """The step's sections, and why there are none; "" when there are."""
    try:
        return step.measure(), ""
    except UnavailableError as error:
        return {}, str(error)
