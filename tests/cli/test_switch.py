"""The command line of `cluster switch`, on a run that is made up: what goes to which stream, and bad input."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cluster.bench import sweeps
from cluster.bench.figures import Figure
from cluster.bench.machine import machine
from cluster.bench.sampling import QUICK, Effort
from cluster.bench.switching import Outcome, Plan, Progress
from cluster.cli import switch
from tests.bench.rungs import SMALL, ladder, taken

SWEPT = ladder(taken(f"{sweeps.name_of(2, 0)}, one core", 1300.0), taken(f"{sweeps.name_of(96, 0)}, one core", 2000.0))


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """What was to be measured; the outcome is always the same."""
    asked: list[Plan] = []

    def run(plan: Plan, progress: Progress, say: object) -> Outcome:
        asked.append(plan)
        progress.begins(1.0)
        progress.went("function call", 1.0)
        assert callable(say)
        say("no go is on the PATH: the rungs in Go are left out")
        sections = {"lease": {"asked and granted": Figure("us", (100.0, 120.0, 110.0))}}
        return Outcome(machine(plan.seed), plan.seed, QUICK, SMALL, SWEPT, sections)

    monkeypatch.setattr("cluster.bench.switching.run", run)
    return asked


def call(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(
        switch.command, arguments, catch_exceptions=False, standalone_mode=False
    )


def test_tables_show_the_ladder_its_sweeps_checks_and_steps(plans: list[Plan]) -> None:
    shown = call("--quick", "--seed", "7").stdout
    for text in ("OS process by pipe", "1.50 us", "2.30 us", "refused: 11 of 11", "agrees: C: ",
                 "parties in a ring", "asked and granted", "mitigations", "seed 7"):  # fmt: skip
        assert text in shown
    assert plans[0].quick and plans[0].seed == 7 and "ms" in plans[0].parts


def test_words_go_to_stderr_and_data_to_stdout(plans: list[Plan]) -> None:
    done = call("--json")
    told = json.loads(done.stdout)
    assert told["ladder"]["OS process by pipe, one core"]["net"]["median"] == pytest.approx(1500.0)
    assert told["checks"][0]["agrees"] and told["machine"]["seed"] == plans[0].seed
    assert "no go is on the PATH" in done.stderr


def test_csv_has_the_ladder_and_its_sweeps(plans: list[Plan]) -> None:
    lines = call("--csv").stdout.splitlines()
    assert len(lines) == 1 + len(SMALL.taken) + len(SWEPT.taken) and lines[0].startswith("name,language,group,")


def test_each_run_has_a_seed_of_its_own_unless_one_is_given(plans: list[Plan]) -> None:
    call("--json"), call("--json")
    assert plans[0].seed != plans[1].seed


def test_parts_and_samples_are_chosen(plans: list[Plan]) -> None:
    call("--part", "ms", "--part", "light", "--sample-ms", "50", "--json")
    assert list(plans[0].parts) == ["ms", "light"]
    assert plans[0].effort == Effort(50_000_000, 11)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--json", "--csv"), "name one"),
        (("--part", "moon"), "'moon' is not one of"),
        (("--plot", "ladder.txt"), "must end in one of .svg, .png, .pdf"),
        (("--plot", "/nowhere/at/all/ladder.svg"), "there is no directory /nowhere/at/all"),
        (("--seed", "-1"), "not in the range"),
    ],
)
def test_bad_input_is_refused_before_anything_is_measured(
    plans: list[Plan], arguments: tuple[str, ...], words: str
) -> None:
    done = CliRunner().invoke(switch.command, arguments)
    assert done.exit_code == 2 and words in done.stderr and plans == []


def test_without_matplotlib_the_picture_is_left_out_and_the_rest_is_done(
    plans: list[Plan], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("cluster.bench.plot.find_spec", lambda _name: None)
    done = call("--json", "--plot", str(tmp_path / "ladder.svg"))
    assert "matplotlib is not installed, and --plot is left out" in done.stderr
    assert json.loads(done.stdout)["ladder"] and not list(tmp_path.iterdir())


def test_the_picture_is_drawn_at_the_end(plans: list[Plan], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn: list[object] = []
    monkeypatch.setattr("cluster.bench.plot.needed", lambda: None)
    monkeypatch.setattr("cluster.bench.plot.draw", lambda *all_of: drawn.append(all_of[-1]))
    done = call("--json", "--plot", str(tmp_path / "ladder.svg"))
    assert drawn == [tmp_path / "ladder.svg"] and "picture: " in done.stderr
