"""`cluster scale` runs, and says what it should, also where something is missing. How fast, nobody asserts."""

import csv
import io
import json
import sys

import pytest

from cluster.bench.scalework import KINDS
from tests.process.place import Place

pytestmark = pytest.mark.timeout(120)

SMALL = ("--quick", "--rounds", "1", "--seconds", "0.02")


ON_ONE_CORE = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
COMMAND = "from cluster.cli.entry import main; main()"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_runs_on_one_p_and_on_two_and_its_work_is_counted(place: Place, kind: str) -> None:
    done = place.run("-m", "cluster", "scale", *SMALL, "-p", "2", "--kind", kind, "--seed", "7", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert [(row["kind"], row["procs"]) for row in told["rows"]] == [(kind, 1), (kind, 2)]
    assert told["machine"]["seed"] == 7 and told["protocol"]["rounds"] == 1 and len(told["laws"]) == 1
    units = told["jobs"][kind]["units"]
    for row in told["rows"]:
        assert row["goroutines"] == (18 if kind == "channels" else units + 1)
        assert row["wall"]["median"] > 0 and row["bare_wall"]["median"] > 0 and row["messages"] > 0
        assert row["processes_of_ms"] >= row["procs"]
    assert kind != "blocking" or told["rows"][0]["handoffs"] > 0


def test_weak_scaling_of_pinned_ms_as_csv(place: Place) -> None:
    some = ("--kind", "cpu", "--rounds", "1", "--seconds", "0.02", "--ms", "pinned", "-p", "2")
    done = place.run("-m", "cluster", "scale", *some, "--csv")
    assert done.code == 0, done.err
    lines = list(csv.DictReader(io.StringIO(done.out)))
    assert [(line["scaling"], line["procs"]) for line in lines] == [("strong", "1"), ("strong", "2"), ("weak", "2")]
    assert {line["ms"] for line in lines} == {"pinned"}
    assert float(lines[2]["goroutines"]) == 2 * float(lines[1]["goroutines"]) - 1  # twice the units; one main in each


def test_on_one_core_it_says_what_cannot_be_had_and_does_the_rest(place: Place) -> None:
    done = place.run("-c", ON_ONE_CORE + COMMAND, "scale", *SMALL, "--kind", "cpu")
    assert done.code == 0, done.err
    assert "one P only" in done.err and "may use one core only" in done.err
    assert "nothing to compare with" in done.out and "What limits" in done.out


def test_without_matplotlib_the_picture_is_left_out_and_the_rest_is_done(place: Place) -> None:
    no_matplotlib = (
        "import importlib.util as u; find = u.find_spec; "
        "u.find_spec = lambda name, package=None: None if name == 'matplotlib' else find(name, package); "
    )
    picture = place.path / "scaling.svg"
    done = place.run("-c", no_matplotlib + COMMAND, "scale", *SMALL, "--kind", "cpu", "-p", "1", "--plot", str(picture))
    assert done.code == 0, done.err
    assert "matplotlib is not installed, and --plot is left out" in done.err
    assert "What limits" in done.out and not picture.exists()


def test_it_draws_where_matplotlib_is(place: Place) -> None:
    pytest.importorskip("matplotlib")
    picture = place.path / "scaling.svg"
    done = place.run("-m", "cluster", "scale", *SMALL, "--kind", "cpu", "-p", "2", "--plot", str(picture))
    assert done.code == 0, done.err
    assert "<svg" in picture.read_text("utf-8")[:2000]


@pytest.mark.parametrize("arguments", [("--json", "--csv"), ("--plot", "x.gif"), ("--kind", "none"), ("-p", "0")])
def test_misuse_is_told_before_anything_is_measured(place: Place, arguments: tuple[str, ...]) -> None:
    done = place.run("-m", "cluster", "scale", *arguments)
    assert done.code == 2 and done.out == ""
    assert sys.executable not in done.err
