"""The rounds of a comparison: in each, all pools in another random order, each in a process of its own.

Place       The process has a directory of its own as HOME and TMPDIR, so that what pools write goes with it.
Ends        It and all that it has started carry a mark in their environment: what has not ended by itself is ended
            by that, by its pid. A pool that takes longer than it may is ended, too, and said to have.
"""

import contextlib
import json
import os
import random
import secrets
import site
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from typing import Any, Final

import psutil

from cluster.bench.peers import catalog, links, measures
from cluster.bench.peers.measures import Budget, Sample
from cluster.model.errors import ClusterError

MARK: Final = "GMP_PEERS"
GRACE_S: Final = 5.0  # for a pool to end by itself
END_S: Final = 5.0  # for what was told to end
START_S: Final = 60.0  # the slowest take ten seconds on a machine with nothing else to do
SECTION_S: Final = 60.0
LOG_LINES: Final = 6  # of what a pool has said, when it has failed
FIRST_GUESS_S: Final = 12.0  # for a pool and a round, until one has been seen


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured."""

    systems: tuple[str, ...]
    sections: tuple[str, ...]
    budget: Budget
    rounds: int
    seed: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One pool in one round, and what is measured of it."""

    round: int
    system: str
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A sample of one pool in one round."""

    round: int
    system: str
    sample: Sample


@dataclass(frozen=True, slots=True)
class Failed:
    """A pool did not come through a round."""

    round: int
    system: str
    why: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What is measured now, how much of the whole is done, from 0 to 1, and how many seconds are left."""

    doing: str
    done: float
    left_s: float


def takers(section: str, systems: Sequence[str]) -> tuple[str, ...]:
    """Who is measured in this section."""
    other = links.OTHERS.get(section)
    if other is not None:
        return tuple(name for name in (catalog.OURS, other) if name in systems)
    pools = tuple(name for name in systems if name not in links.OTHERS.values())
    return pools if section == measures.WORK else tuple(name for name in pools if name != catalog.BARE)


def turns_of(plan: Plan) -> list[Turn]:
    """All turns of all rounds, in each in another order."""
    rng = random.Random(plan.seed)
    turns = []
    for number in range(1, plan.rounds + 1):
        for name in rng.sample(plan.systems, len(plan.systems)):
            sections = tuple(section for section in plan.sections if name in takers(section, plan.systems))
            if sections:
                turns.append(Turn(number, name, sections))
    return turns


def run(plan: Plan, watch: Callable[[Progress], None]) -> Iterator[Measured | Failed]:
    """All samples, as they come. ClusterError when the work could not be calibrated."""
    watch(Progress("calibrating the work", 0, FIRST_GUESS_S * len(plan.systems) * plan.rounds))
    loops = calibrate(plan.budget) if measures.WORK in plan.sections else 1.0
    turns = turns_of(plan)
    taken: dict[str, float] = {}
    for at, turn in enumerate(turns):
        left = left_s(taken, [later.system for later in turns[at:]])
        watch(Progress(f"round {turn.round} of {plan.rounds}: {turn.system}", at / len(turns), left))
        began = monotonic()
        try:
            for told in _child(turn.system, turn.sections, plan.budget, loops):
                if "what" in told:
                    yield Measured(turn.round, turn.system, Sample(**told))
        except ClusterError as error:
            yield Failed(turn.round, turn.system, str(error))
        taken[turn.system] = monotonic() - began
    watch(Progress("done", 1, 0))


def left_s(taken: Mapping[str, float], turns: Sequence[str]) -> float:
    """How long these will take, by how long the same took before, or else the others."""
    usual = sum(taken.values()) / len(taken) if taken else FIRST_GUESS_S
    return sum(taken.get(name, usual) for name in turns)


def calibrate(budget: Budget) -> float:
    """Loops of a task in a millisecond of CPU time, with all workers at it."""
    for told in _child(catalog.BARE, (), budget, 1.0):
        if "loops_per_ms" in told:
            return float(told["loops_per_ms"])
    raise ClusterError("the work of a task could not be calibrated: bare processes told nothing")


def _child(name: str, sections: Sequence[str], budget: Budget, loops_per_ms: float) -> Iterator[dict[str, Any]]:
    """What the process tells that measures this pool. ClusterError when it does not come to its end."""
    order = {
        "system": name,
        "sections": sections,
        "budget": asdict(budget),
        "loops_per_ms": loops_per_ms,
    }
    mark = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as place:
        log = Path(place, "log")
        with log.open("wb") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "cluster.bench.peers.child", json.dumps(order)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment(os.environ, place, mark),
            )
        try:
            told: dict[str, Any] = {}
            for told in _lines(child, START_S + SECTION_S * len(sections)):
                yield told
            if "done" not in told:
                raise ClusterError(f"{name} did not come to its end: {_last_words(log)}")
        finally:
            _end(child, mark)


def environment(ours: Mapping[str, str], place: str, mark: str) -> dict[str, str]:
    """Of the process that measures a pool: what pools write goes to its own place, and none calls home."""
    kept = {name: value for name, value in ours.items() if not name.startswith("XDG_")}
    return kept | {
        MARK: mark,
        "HOME": place,
        "TMPDIR": place,
        "PYTHONUSERBASE": site.getuserbase(),  # which depends on HOME
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on every system: listen on the loopback alone
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # what it warns of, if it is not said
    }


def _lines(child: "subprocess.Popen[bytes]", timeout_s: float) -> Iterator[dict[str, Any]]:
    """What it tells, until it says that it is done, or ends. ClusterError when it takes too long."""
    assert child.stdout is not None
    deadline, data = monotonic() + timeout_s, b""
    with DefaultSelector() as selector:
        selector.register(child.stdout, EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - monotonic())):
                raise ClusterError(f"it was ended, for it took more than {timeout_s:.0f} s")
            more = os.read(child.stdout.fileno(), 1 << 16)
            if not more:
                return
            *lines, data = (data + more).split(b"\n")
            for line in lines:
                told = json.loads(line)
                yield told
                if "done" in told:
                    return


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return "\n".join(lines[-LOG_LINES:]) or "it said nothing"


def _end(child: "subprocess.Popen[bytes]", mark: str) -> None:
    """End it, and all that it has started and that is still there."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_S)
    left = marked(mark)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, left = psutil.wait_procs(left, END_S)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, END_S)
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


def marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # gone, or somebody else's
            continue
    return found
