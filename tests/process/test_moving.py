"""Started goroutines that go on in another process."""

import gc
import random
from collections.abc import Iterator
from typing import Any

import pytest

from cluster.bench.movefuzz import compare
from cluster.bench.movepeer import Answer, NoneShared, Peer, moved, unpacked
from cluster.wire import frame
from cluster.wire.pickling import Pickling
from tests.tidy.source import ROOT
from tests.wire.movable import PROGRAMS, Main
from tests.wire.test_moving import answers, run

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)

FUZZED_PROGRAMS = 20
FIXED_SEEDS = range(40)  # of programs that every run of the tests moves


@pytest.fixture(autouse=True)
def _only_what_is_new_is_collected() -> Iterator[None]:
    """Each step collects garbage: what other tests have imported would be looked at some thousand times."""
    gc.freeze()
    yield
    gc.unfreeze()


def run_in_turn(main: Main, peer: Peer) -> tuple[list[str], str]:
    """What a program yields and returns whose steps are taken here and there in turn."""
    home = Pickling("__main__", NoneShared())
    coroutine: Any = main()
    yielded: list[str] = []
    for i, value in enumerate(answers()):
        if i % 2:
            step = peer.step(moved((coroutine, None), home), Answer(False, value))
            if step.kind != "yielded":
                return yielded, step.text
            yielded.append(step.text)
            coroutine, _ = unpacked(step.data, home)
        else:
            try:
                yielded.append(repr(coroutine.send(value)))
            except StopIteration as end:
                return yielded, repr(end.value)
    raise AssertionError("answers do not end")


def test_programs_that_take_each_second_step_elsewhere_do_what_they_do_at_home() -> None:
    with Peer(str(ROOT)) as peer:
        for main in PROGRAMS:
            assert run_in_turn(main, peer) == run(main), main.__name__


# A program whose `finally` awaits cannot be closed when it is collected, moved or not: Python says so of both runs.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fixed", [True, False])
def test_random_programs_do_the_same_between_two_processes(rng: random.Random, fixed: bool) -> None:
    first = rng.randrange(1 << 30)
    seeds = FIXED_SEEDS if fixed else range(first, first + FUZZED_PROGRAMS)
    differences: list[str] = []
    tally = compare(seeds, Peer, differences.append)
    assert (tally.different, tally.refused.total(), tally.same) == ([], 0, len(seeds)), "\n".join(differences)
