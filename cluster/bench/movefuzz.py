"""Random programs, moved at random, beside the same unmoved: `python -m cluster.bench.movefuzz --programs 1000`.

Each program (see asyncprograms.py) runs twice under one script of answers, values and exceptions: once
at home, once packed, emptied and unpacked at two of three suspensions; with `--processes` about a third of the
steps are taken by a second process, which packs in turn. What it yields, what it logs, and how it ends
must be equal. A difference prints its seed: `--seed S --programs 1` repeats it.
"""

import faulthandler
import gc
import importlib
import platform
import random
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import click

from cluster.bench.asyncprograms import Author
from cluster.bench.movepeer import Answer, Log, NoneShared, Peer, Step, moved, resumed, unpacked
from cluster.model.errors import CannotShipError
from cluster.wire import frame
from cluster.wire.pickling import Pickling

STEPS_MAX: Final = 300  # a program that goes on longer is closed
SHOWN_MAX: Final = 3
_THROW, _MOVE, _AWAY = 0.04, 0.65, 0.3  # chances at a suspension

Main = Callable[[Log], Coroutine[object, object, object]]
Disturb = Callable[[object, object], tuple[Any, Any]]


class Run(NamedTuple):
    """All that can be seen of a program from outside."""

    yielded: list[str]
    end: str
    log: str


@dataclass
class Tally:
    """What came of many programs."""

    same: int = 0
    different: list[int] = field(default_factory=list)  # their seeds
    refused: Counter[str] = field(default_factory=Counter)
    moves: int = 0
    steps: int = 0


def script(seed: int) -> Iterator[Answer]:
    """What the suspensions of a program are answered with."""
    chance = random.Random(seed)
    yield Answer(False, None)
    while True:
        if chance.random() < _THROW:
            yield Answer(True, chance.choice((KeyError, ValueError))(1))
        else:
            yield Answer(False, chance.choice((0, 1, "s", None, 5)))


class Mover:
    """Runs programs, and moves them while they run."""

    def __init__(self, peer: Peer | None) -> None:
        self._peer: Final = peer
        self._pickling = Pickling("__main__", NoneShared())
        self.moves = 0

    def unmoved(self, main: Main, seed: int) -> Run:
        """`main` at home."""
        return self._run(main, seed, lambda *state: state, None)

    def moved(self, main: Main, seed: int) -> Run:
        """`main`, moved about."""
        self._pickling = Pickling("__main__", NoneShared())  # which remembers the code of its program
        chance = random.Random(seed + 1)

        def disturb(coroutine: object, log: object) -> tuple[Any, Any]:
            if chance.random() >= _MOVE:
                return coroutine, log
            self.moves += 1
            return unpacked(moved((coroutine, log), self._pickling), self._pickling)

        return self._run(main, seed, disturb, chance if self._peer is not None else None)

    def _run(self, main: Main, seed: int, disturb: Disturb, away: random.Random | None) -> Run:
        log: Any = Log()
        coroutine: Any = main(log)
        yielded: list[str] = []
        answers = script(seed)
        end = ""
        while not end and len(yielded) < STEPS_MAX:
            answer = next(answers)
            if away is not None and away.random() < _AWAY:
                step = self._step_away(coroutine, log, answer)
                if step.kind != "yielded":
                    return Run(yielded, f"{step.kind} {step.text}", step.carried)
                coroutine, log = unpacked(step.data, self._pickling)
            else:
                step = resumed(coroutine, None, answer.give, bytes)
                end = "" if step.kind == "yielded" else f"{step.kind} {step.text}"
            if not end:
                yielded.append(step.text)
                coroutine, log = disturb(coroutine, log)
        return Run(yielded, end or _closed(coroutine), log.all())

    def _step_away(self, coroutine: object, log: object, answer: Answer) -> Step:
        assert self._peer is not None
        self.moves += 2
        return self._peer.step(moved((coroutine, log), self._pickling), answer)


def _closed(coroutine: Any) -> str:  # noqa: ANN401  # a program's
    try:
        coroutine.close()
    except RuntimeError as error:  # its `finally` awaits
        return f"closed {error!r}"
    return "closed"


def compare(seeds: range, peer_at: Callable[[str], Peer] | None, show: Callable[[str], None]) -> Tally:
    """Run the programs of these seeds twice each; `peer_at` starts the second process, given where programs are."""
    tally = Tally()
    gc.collect()
    gc.freeze()  # there will be many collections
    with tempfile.TemporaryDirectory() as directory:
        sys.path.insert(0, directory)
        try:
            if peer_at is None:
                _compare(seeds, Mover(None), directory, tally, show)
            else:
                with peer_at(directory) as peer:
                    _compare(seeds, Mover(peer), directory, tally, show)
        finally:
            sys.path.remove(directory)
            gc.unfreeze()
    return tally


def _compare(seeds: range, mover: Mover, directory: str, tally: Tally, show: Callable[[str], None]) -> None:
    for seed in seeds:
        name = f"gmp_movefuzz_{seed}"
        source = Path(directory, f"{name}.py")
        source.write_text(Author(seed).program())
        importlib.invalidate_caches()
        try:
            main: Main = importlib.import_module(name).main
            home = mover.unmoved(main, seed)
            try:
                away = mover.moved(main, seed)
            except CannotShipError as error:
                tally.refused[str(error)] += 1
                continue
        finally:
            sys.modules.pop(name, None)
            source.unlink()
        tally.steps += len(home.yielded)
        if away.end.startswith("refused"):
            tally.refused[away.end] += 1
        elif away == home:
            tally.same += 1
        else:
            tally.different.append(seed)
            if len(tally.different) <= SHOWN_MAX:
                show(_difference(seed, home, away))
    tally.moves = mover.moves


def _difference(seed: int, home: Run, away: Run) -> str:
    steps = zip(home.yielded, away.yielded, strict=False)
    same = next((i for i, (a, b) in enumerate(steps) if a != b), min(len(home.yielded), len(away.yielded)))
    lines = [f"seed {seed}: equal for {same} steps"]
    for name, run in (("home ", home), ("moved", away)):
        lines.append(f"  {name} {run.yielded[same : same + 3]} {run.end[-2000:]} {run.log[-300:]}")
    return "\n".join(lines)


@click.command()
@click.option("--programs", default=1000, show_default=True, help="How many.")
@click.option("--seed", default=0, show_default=True, help="Of the first; the next has the next.")
@click.option("--processes", is_flag=True, help="Let a second process take a third of the steps.")
def main(programs: int, seed: int, processes: bool) -> None:
    """Compare random programs, moved and unmoved. Exit code 1 when any differs."""
    faulthandler.enable()
    warnings.simplefilter("error")
    sys.dont_write_bytecode = True
    if not frame.available:
        raise click.ClickException(f"nothing moves here: {frame.why_not}")
    begin = perf_counter()
    tally = compare(range(seed, seed + programs), Peer if processes else None, print)
    print(
        f"Python {platform.python_version()}: {programs} programs from seed {seed}, {tally.steps} steps, "
        f"{tally.moves} moves{' between two processes' if processes else ''} in {perf_counter() - begin:.1f} s: "
        f"{tally.same} equal, {len(tally.different)} different, {tally.refused.total()} refused"
    )
    for text, times in tally.refused.most_common(5):
        print(f"  refused {times} times: {text}")
    if tally.different:
        print(f"  different: seeds {tally.different[:20]}")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
