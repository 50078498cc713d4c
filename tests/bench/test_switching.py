"""A whole run on rungs of known cost: parts, what is left out, warnings, time left. Nothing is started or built."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from cluster.bench import switching
from cluster.bench.figures import Figure
from cluster.bench.ladder import PART_NAMES
from cluster.bench.placement import Places, places
from cluster.bench.sampling import Measure, Reading, Rung, UnavailableError
from cluster.bench.steps import Step
from cluster.bench.switching import QUICK_S, Plan, Progress, run


class Heard(Progress):
    def __init__(self) -> None:
        self.total, self.over, self.names = 0.0, 0.0, set[str]()

    def begins(self, seconds: float) -> None:
        self.total = seconds

    def went(self, name: str, seconds: float) -> None:
        self.over += seconds
        self.names.add(name)


def costs(name: str, ns: int, *, fails_after: int | None = None) -> Rung:
    @contextmanager
    def opened() -> Iterator[Measure]:
        calls: list[int] = []

        def measure(count: int) -> Reading:
            calls.append(count)
            if fails_after is not None and len(calls) > fails_after:
                raise UnavailableError("its process died")
            return Reading(count, count * ns, 0)

        yield measure

    opener: type[AbstractContextManager[Measure]] | object = opened
    assert callable(opener)
    return Rung(name, opened, 0.0)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Instead of the real ladder; the directories that were built in."""
    directories: list[Path] = []

    def build(directory: Path) -> Path:
        directories.append(directory)
        assert directory.is_dir()
        return directory / "built"

    def parts(where: object, c: Path | None, go: Path | None, wanted: list[str]) -> list[tuple[str, list[Rung]]]:
        made = {"light": [costs("function call", 50)], "floor": [costs("C: own pipe", 400)] if c else []}
        if go is not None:
            made["light"].append(costs("Go: channel hop in an M", 200))
        return [(name, made[name]) for name in ("light", "floor") if name in wanted and made[name]]

    monkeypatch.setattr("cluster.bench.built.floor", build)
    monkeypatch.setattr("cluster.bench.built.native", build)
    monkeypatch.setattr("cluster.bench.ladder.parts", parts)
    monkeypatch.setattr("cluster.bench.outside.perf", lambda _places: [costs("perf bench sched pipe, one core", 1000)])
    monkeypatch.setattr("cluster.bench.outside.go_tests", lambda *_: [costs("go test: channel hop in an M", 210)])
    monkeypatch.setattr("cluster.bench.sweeps.rungs", lambda command, _: [costs(f"ring by {len(command)} words", 900)])
    step = Step("lease", lambda: {"lease": {"asked": Figure("us", (1.0, 2.0))}}, 2.0)
    monkeypatch.setattr("cluster.bench.steps.steps", lambda *_, quick: [step] if quick else [step, step])
    monkeypatch.setattr("os.getloadavg", lambda: (0.1, 0.1, 0.1))
    return directories


def where() -> Places:
    return places((0, 1), Path("/nowhere"))


def test_all_parts_are_measured_and_the_time_left_ends_at_none(made_up: list[Path]) -> None:
    heard, said = Heard(), list[str]()
    outcome = run(Plan(quick=True, seed=3, where=where), heard, said.append)
    assert list(outcome.ladder.taken) == ["function call", "Go: channel hop in an M", "go test: channel hop in an M",
                                          "C: own pipe", "perf bench sched pipe, one core"]  # fmt: skip
    assert outcome.ladder.taken["function call"].raw.median == 50.0
    assert list(outcome.swept.taken) == ["ring by 1 words"] and list(outcome.sections) == ["lease"]
    assert heard.over == pytest.approx(heard.total) and "lease" in heard.names
    assert said == [] and not any(directory.exists() for directory in made_up)
    told = outcome.describe()
    assert told["protocol"] == {"seed": 3, "sample_ns": 3_000_000, "samples": 11} and told["left_out"] == {}
    assert isinstance(told["checks"], list) and [check["agrees"] for check in told["checks"]] == [True]
    assert isinstance(told["costs"], dict) and list(told["costs"]["lease"]) == ["asked"]
    assert isinstance(told["machine"], dict) and told["machine"]["seed"] == 3 and "steal_percent" in told["machine"]


def test_what_is_not_to_be_had_is_said_and_the_rest_is_measured(
    made_up: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_directory: Path) -> Path:
        raise UnavailableError("there is no compiler")

    def broken(*_: object) -> list[Rung]:
        raise UnavailableError("go test fails")

    monkeypatch.setattr("cluster.bench.built.floor", missing)
    monkeypatch.setattr("cluster.bench.outside.go_tests", broken)
    monkeypatch.setattr(
        "cluster.bench.outside.perf", lambda _: [costs("perf bench sched pipe, one core", 1, fails_after=5)]
    )
    said: list[str] = []
    outcome = run(
        Plan((*PART_NAMES, "sweeps"), quick=True, where=lambda: places((0,), Path("/nowhere"))), Heard(), said.append
    )
    assert list(outcome.ladder.taken) == ["function call", "Go: channel hop in an M"]
    assert list(outcome.swept.taken) == ["ring by 4 words"], "without a compiler by Python"
    left = outcome.all_left_out()
    assert (
        left["C"] == "there is no compiler" and left["go test"] == "go test fails" and "only core 0" in left["places 1"]
    )
    assert left["perf bench sched pipe, one core"] == "its process died"
    assert len(said) == len(left) and any("its process died" in text for text in said)


def test_only_what_a_part_needs_is_built(made_up: list[Path]) -> None:
    run(Plan(["steps"], quick=False, where=where), Heard(), lambda _: None)
    run(Plan(["ms"], quick=True, where=where), Heard(), lambda _: None)
    assert len(made_up) == 1, "steps ask Go for a goroutine's memory"


def test_a_busy_machine_is_warned_of_before_and_stolen_time_after(
    made_up: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (7.0, 1.0, 1.0))
    monkeypatch.setattr("cluster.bench.switching.StealWatch", type("Thief", (), {"percent": lambda self: 2.5}))
    said: list[str] = []
    outcome = run(Plan(["light"], quick=True, where=where), Heard(), said.append)
    assert [text[:24] for text in said] == ["the machine is too busy ", "the hypervisor gave 2.5 "]
    assert outcome.warnings == said and outcome.facts["steal_percent"] == 2.5


def test_the_full_protocol_is_the_default() -> None:
    assert Plan().effort == switching.FULL and Plan().parts == switching.PARTS


def test_a_quick_run_of_all_parts_leaves_out_what_would_take_too_long_and_says_so(made_up: list[Path]) -> None:
    said, late = list[str](), iter([0.0, QUICK_S - 1.5])
    outcome = run(Plan(quick=True, where=where, clock=lambda: next(late)), Heard(), said.append)
    assert outcome.sections == {} and "--part steps" in outcome.left_out["lease"] and len(said) == 1
    in_time = iter([0.0, QUICK_S - 2.5])
    assert run(Plan(quick=True, where=where, clock=lambda: next(in_time)), Heard(), said.append).sections
    assert run(Plan(["steps"], quick=True, where=where, clock=lambda: 99.0), Heard(), said.append).sections
