"""The ladder of switch costs: which rungs there are, from a function call to a process, each with its baseline.

Parts       light: what switches within one thread. system: threads and processes, as Python sees them. floor: the
            same in C. ms: between Ms. Rungs are in random order within a part.
Names       What is switched and by what means, and where: "one core" is the cost of a switch, "two cores" the latency
            of a wake-up (placement.py). The same in C and in Go has the same name after "C: " or "Go: ".
Expected    A switch per hop where both parties wait in the system, none in one thread. Not known where a library's
            threads are on the way, where Python's condition and its lock of the interpreter decide who waits
            once more, and for goroutines that are wired to threads.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cluster.bench import acrossms
from cluster.bench.placement import Placement
from cluster.bench.sampling import Rung
from cluster.bench.served import INSIDERS, PARTIES, served

LOOP: Final = "empty loop"
CALL: Final = "function call"
SEND: Final = "generator send"
GREENLET: Final = "greenlet switch"
TASK: Final = "asyncio task switch"
YIELD: Final = "goroutine yield in an M"
HOP: Final = "channel hop in an M"
SPAWN: Final = "goroutine started and ended"
PREEMPT: Final = "preemption of a goroutine"
REFUSED: Final = "preemption refused"
PIPE_PROCESS: Final = "OS process by pipe"
PIPE_THREAD: Final = "OS thread by pipe"
WIRED: Final = "goroutines wired to threads"

PART_NAMES: Final = ("light", "system", "floor", "ms")


@dataclass(frozen=True, slots=True)
class Means:
    """A way to pass the token on: its name, the rung of parties.py, the baseline's name, the switches of a hop."""

    name: str
    rung: str
    baseline: str
    switches: float | None = 1.0
    two_cores: bool = True  # whether it means anything there


@dataclass(frozen=True, slots=True)
class Own:
    """A baseline, or what one thread does alone."""

    name: str
    rung: str
    baseline: str = ""


IN_PYTHON: Final = (
    Own(LOOP, "empty"),
    Own(CALL, "call", LOOP),
    Own(SEND, "send", LOOP),
    Own(TASK, "task", LOOP),
)
INSIDE: Final = (
    Own(GREENLET, "switch", LOOP),
    Own(YIELD, "gosched", LOOP),
    Own(HOP, "hop", LOOP),
    Own(SPAWN, "spawn", LOOP),
    Own(PREEMPT, "preempt", REFUSED),
    Own(REFUSED, "preempt_self"),
)
IN_GO: Final = (
    Own(LOOP, "empty"),
    Own(CALL, "call", LOOP),
    Own(YIELD, "gosched", LOOP),
    Own(HOP, "hop", LOOP),
    Own(SPAWN, "spawn", LOOP),
)
SELVES: Final = (
    Own("own pipe", "pipe_self"),
    Own("own eventfd", "eventfd_self"),
    Own("own condition", "condition_self"),
    Own("sched_yield alone", "yield_self"),
)
MEANS: Final = (
    Means(PIPE_PROCESS, "pipe_process", "own pipe"),
    Means("OS process by eventfd", "eventfd_process", "own eventfd"),
    Means(PIPE_THREAD, "pipe_thread", "own pipe"),
    Means("OS thread by eventfd", "eventfd_thread", "own eventfd"),
    Means("OS thread by condition", "condition_thread", "own condition", None),
    Means("sched_yield", "yield_process", "sched_yield alone", two_cores=False),
)
MESSAGES: Final = (
    Means("OS thread by ZeroMQ inproc", "inproc_thread", "own ZeroMQ socket"),
    Means("OS process by ZeroMQ ipc", "ipc_process", "own ZeroMQ socket", None),
)
IN_C: Final = (
    *MEANS[:4],
    Means("OS thread by condition", "condition_thread", "own condition"),
    Means("OS process by futex", "futex_process", "own futex"),
    Means("OS thread by futex", "futex_thread", "own futex"),
    MEANS[-1],
)
C_SELVES: Final = (Own(LOOP, "empty"), Own(CALL, "call", LOOP), *SELVES, Own("own futex", "futex_self"))
GO_MEANS: Final = (
    Means(WIRED, "wired", HOP, None),
    Means(PIPE_THREAD, "pipe_thread", "own pipe", None),  # its sysmon thread wakes, and takes Ps from threads in calls
)


def light(place: Placement, go: Path | None) -> list[Rung]:
    """What one thread does, on one core."""
    rungs = [*alone(IN_PYTHON, PARTIES, place), *alone(INSIDE, INSIDERS, place)]
    return rungs + (alone(IN_GO, (str(go),), place, "Go: ") if go is not None else [])


def system(places: Sequence[Placement], go: Path | None) -> list[Rung]:
    """Threads and processes of the system, from Python; and what Go makes of threads."""
    own = [*alone(SELVES, PARTIES, places[0])]
    own += alone((Own("own ZeroMQ socket", "inproc_self"),), INSIDERS, places[0])
    hops = [rung for place in places for rung in passed(MEANS, PARTIES, place)]
    hops += [rung for place in places for rung in passed(MESSAGES, INSIDERS, place)]
    if go is not None:
        own += alone((Own("own pipe", "pipe_self"),), (str(go),), places[0], "Go: ")
        hops += [rung for place in places for rung in passed(GO_MEANS, (str(go),), place, "Go: ")]
    return own + hops


def floor(places: Sequence[Placement], program: Path) -> list[Rung]:
    """The same without an interpreter."""
    own = alone(C_SELVES, (str(program),), places[0], "C: ")
    return own + [rung for place in places for rung in passed(IN_C, (str(program),), place, "C: ")]


def between_ms(places: Sequence[Placement]) -> list[Rung]:
    """On clusters of their own."""
    return [rung for place in places for rung in acrossms.rungs(place)]


def alone(owns: Sequence[Own], command: Sequence[str], place: Placement, prefix: str = "") -> list[Rung]:
    """Rungs of one thread: the kernel should count no switch."""
    expected = 0.0 if place.counted else None
    return [
        served(
            prefix + own.name,
            [*command, own.rung, *place.arguments],
            switches=expected,
            baseline=prefix + own.baseline if own.baseline else "",
        )
        for own in owns
    ]


def passed(means: Sequence[Means], command: Sequence[str], place: Placement, prefix: str = "") -> list[Rung]:
    """Rungs of two parties."""
    return [
        served(
            f"{prefix}{how.name}, {place.name}",
            [*command, how.rung, *place.arguments],
            switches=how.switches if place.counted else None,
            baseline=prefix + how.baseline,
        )
        for how in means
        if how.two_cores or place.first == place.second
    ]


def parts(
    places: Sequence[Placement], program: Path | None, go: Path | None, wanted: Sequence[str]
) -> Iterator[tuple[str, list[Rung]]]:
    """The wanted parts, in order; without those that need what is not here."""
    makers: dict[str, Callable[[], list[Rung]]] = {
        "light": lambda: light(places[0], go),
        "system": lambda: system(places, go),
        "floor": lambda: floor(places, program) if program is not None else [],
        "ms": lambda: between_ms(places),
    }
    for name in PART_NAMES:
        if name in wanted and (rungs := makers[name]()):
            yield name, rungs
