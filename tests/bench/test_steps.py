"""Which of the scheduler's steps are measured; tests/process/test_switch.py measures some."""

from pathlib import Path

import pytest

from cluster.bench import steps
from cluster.bench.figures import Figure
from cluster.bench.placement import places
from cluster.bench.sampling import Reading, UnavailableError
from cluster.bench.steps import Step
from cluster.wire import frame

PLACE = places((0,), Path("/nowhere")).all[0]


def test_without_moves_the_other_steps_are_measured_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "available", False)
    monkeypatch.setattr(frame, "why_not", "it was built without a compiler")
    names = [step.name for step in steps.steps(PLACE, None, quick=True)]
    assert names == ["in one M", "memory", "lease", "reactions"]
    assert steps.left_out() == {"moves": "started goroutines do not move here: it was built without a compiler"}
    monkeypatch.setattr(frame, "available", True)
    assert {"packing", "moves"} < {step.name for step in steps.steps(PLACE, None, quick=True)}
    assert steps.left_out() == {}


def test_memory_is_bytes_of_one_goroutine_here_and_in_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        steps, "once", lambda command, count: Reading(count, count * (2600 if command[0] == "native" else 720))
    )
    assert {name: figure.median for name, figure in steps.memory(PLACE, "native", 10).items()} == {
        "parked goroutine": 720.0,
        "parked goroutine in Go": 2600.0,
    }
    assert list(steps.memory(PLACE, None, 10)) == ["parked goroutine"]


def test_a_step_that_cannot_be_measured_says_why() -> None:
    def fails() -> dict[str, steps.Section]:
        raise UnavailableError("its process died")

    assert steps.taken(Step("memory", fails, 1.0)) == ({}, "its process died")
    section = {"lease": {"asked": Figure("us", (1.0,))}}
    assert steps.taken(Step("lease", lambda: section, 1.0)) == (section, "")
    assert list(steps.describe(section)["lease"]) == ["asked"]


def test_a_short_run_expects_to_be_short() -> None:
    quick, full = (sum(step.seconds for step in steps.steps(PLACE, None, quick=quick)) for quick in (True, False))
    assert quick < 10 < full
