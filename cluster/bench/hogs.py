"""Preemption at any point, thousands of times: are all results right? `python -m cluster.bench.hogs`.

Two goroutines of each of seventeen kinds (hogkinds.py) share one P. Another thread asks for a preemption each
millisecond, by force or not, by turns: by force also in the middle of a C function that calls back. Rounds go on
until there have been so many preemptions. Each result is compared with that of the same function before the
first signal. A preemption inside a collection of garbage counts as a wrong result, too: who collects meanwhile is
told that there is no garbage.
The kernel and the preemptor are those of every M.
"""

import gc
import itertools
import json
import signal
import sys
import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from time import monotonic
from types import CoroutineType
from typing import Final

import click

from cluster.bench.hogkinds import KINDS
from cluster.bench.machine import in_words, machine
from cluster.kernel.chan import Chan
from cluster.kernel.events import Panicked
from cluster.kernel.g import Program
from cluster.kernel.sched import Sched, go
from cluster.model.clock import Instant, MonotonicClock
from cluster.model.ids import Epoch, PId, ProgramId
from cluster.model.lease import Lease
from worker.preempt import SIGNAL, Preemptor

EACH: Final = 2
LEFT: Final = "left in a collection of garbage"
PREEMPTIONS: Final = 20_000
PERIOD_US: Final = 1000
SWITCH_INTERVAL_S: Final = 0.0002  # the other thread must not wait for the interpreter


@dataclass
class Outcome:
    """What came of it."""

    preemptions: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    results: int = 0
    wrong: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        """Whether every result was."""
        return not self.wrong


class Kernel:
    """One P, and a preemptor that is allowed all."""

    def __init__(self) -> None:
        self.sched: Final = Sched(MonotonicClock())
        self.preemptor: Final = Preemptor(lambda: self.sched, lambda _: True)
        self._lease: Final = Lease(PId(0), Epoch(1), Instant(1 << 62))

    def round(self, each: int) -> list[tuple[str, int]]:
        """The results of so many goroutines of each kind, in the order in which they end."""
        program = Program(ProgramId(1))
        self.sched.events.clear()
        self.sched.spawn_main(program, _round, (each,))
        while self.sched.run(self._lease, 256) and not self.sched.events:
            pass
        event = self.sched.events[0]
        if isinstance(event, Panicked):
            raise event.error
        return event.value  # type: ignore[return-value]  # what _round returns


async def _round(each: int) -> list[tuple[str, int]]:
    ended = Chan[tuple[str, int]](each * len(KINDS))
    for _ in range(each):
        for kind in KINDS:
            go(_hog, kind, ended)
    return [await ended.recv() for _ in range(each * len(KINDS))]


async def _hog(kind: str, ended: Chan[tuple[str, int]]) -> None:
    made = KINDS[kind]()
    await ended.send((kind, await made if type(made) is CoroutineType else made))


def hogs(preemptions: int = PREEMPTIONS, period_us: int = PERIOD_US) -> Outcome:
    """Rounds under a hail of signals. For the main thread; the process is afterwards as before."""
    before = signal.getsignal(SIGNAL), list(gc.callbacks), sys.getswitchinterval()
    kernel, over = Kernel(), threading.Event()
    expected = dict(kernel.round(1))
    main = threading.get_ident()

    def asks() -> None:
        for force in itertools.cycle((False, True)):
            if over.wait(period_us / 1e6):
                return
            kernel.preemptor.request(main, force=force)

    at_begin = 0

    def left(phase: str, _info: dict[str, int]) -> None:
        nonlocal at_begin
        if threading.get_ident() != main:
            return
        if phase == "start":
            at_begin = kernel.preemptor.preemptions
        elif kernel.preemptor.preemptions != at_begin:
            wrong[LEFT] += 1

    gc.callbacks.insert(0, left)  # so that what stands before the preemptor's own is tried, too
    asking = threading.Thread(target=asks)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    outcome, wrong, began = Outcome(), Counter[str](), monotonic()
    asking.start()
    try:
        while kernel.preemptor.preemptions < preemptions:
            results = kernel.round(EACH)
            outcome.results += len(results)
            wrong.update(kind for kind, result in results if result != expected[kind])
    finally:
        over.set()
        asking.join()
        signal.signal(SIGNAL, before[0])
        gc.callbacks[:] = before[1]
        sys.setswitchinterval(before[2])
    outcome.seconds, outcome.wrong = monotonic() - began, dict(wrong)
    outcome.preemptions, outcome.refusals = kernel.preemptor.preemptions, kernel.preemptor.refusals
    return outcome


@click.command()
@click.option("--preemptions", default=PREEMPTIONS, show_default=True, help="How many there shall be.")
@click.option("--period-us", default=PERIOD_US, show_default=True, help="Microseconds between two requests.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def main(preemptions: int, period_us: int, as_json: bool) -> None:
    """Print how many preemptions there were, how many were refused and why, and how many results were wrong."""
    facts, outcome = machine(), hogs(preemptions, period_us)
    if as_json:
        print(json.dumps({"machine": facts, **asdict(outcome)}))
    else:
        print(in_words(facts))
        print(f"{outcome.preemptions:,} preemptions of {len(KINDS)} kinds of hog in {outcome.seconds:.1f} s")
        for why, count in sorted(outcome.refusals.items(), key=lambda refusal: -refusal[1]):
            print(f"  put off {count:,} times: {why}")
        print(f"{outcome.results:,} results, {sum(outcome.wrong.values())} wrong {outcome.wrong or ''}".rstrip())
    sys.exit(not outcome.right)


if __name__ == "__main__":
    main()
