"""The rungs that need our packages: each does what its name says."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest

from cluster.bench import insiders
from cluster.kernel import runner
from worker.preempt import SIGNAL


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Preemptors leave a handler and a callback of the collector."""
    handler, callbacks = signal.getsignal(SIGNAL), list(gc.callbacks)
    yield
    signal.signal(SIGNAL, handler)
    gc.callbacks[:] = callbacks


@pytest.mark.parametrize("name", ["switch", "gosched", "hop", "spawn"])
def test_within_one_thread_a_rung_ends_by_itself(name: str) -> None:
    loop, pids = insiders.RUNGS[name](-1)
    loop(10)
    loop(10)
    assert pids == (os.getpid(),)


@pytest.mark.skipif(bool(runner.why_not), reason=runner.why_not)
def test_each_signal_is_a_preemption_and_in_the_baseline_none_is() -> None:
    loop, _ = insiders.preempt(-1)
    loop(20)  # raises when it was another number of them
    refused, _ = insiders.preempt(-1, allowed=False)
    refused(20)
