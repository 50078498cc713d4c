"""The ladder in order, and as CSV."""

import csv
import io

import pytest

from cluster.bench.rows import duration, in_csv, rows
from tests.bench.rungs import SMALL


def test_rows_go_from_one_thread_to_two_cores_and_to_baselines_with_the_same_in_other_languages_beside() -> None:
    assert [(row.group, row.title, row.language) for row in rows(SMALL)] == [
        ("", "function call", "Python"),
        ("", "channel hop in an M", "Python"),
        ("", "channel hop in an M", "Go"),
        ("one core", "OS process by pipe", "Python"),
        ("one core", "OS process by pipe", "C"),
        ("one core", "OS process by pipe", "perf bench"),
        ("two cores", "OS process by pipe", "Python"),
        ("two cores", "hop from M to M", "Python"),
        ("own", "own pipe", "Python"),
        ("own", "own pipe", "C"),
        ("own", "empty loop", "Python"),
    ]


def test_a_row_has_its_cost_without_and_with_the_baseline_and_the_counted_switches() -> None:
    by_name = {row.name: row for row in rows(SMALL)}
    pipe = by_name["OS process by pipe, one core"]
    assert pipe.net.median == pytest.approx(1500.0) and pipe.raw.median == pytest.approx(2300.0)
    assert (pipe.baseline, pipe.baseline_ns, pipe.expected, pipe.counted) == ("own pipe", 800.0, 1.0, 1.0)
    assert "0.70 switches" in by_name["OS process by pipe, two cores"].refused
    alone = by_name["Go: channel hop in an M"]
    assert (alone.baseline, alone.baseline_ns) == ("", None), "its baseline was not measured"


def test_csv_has_a_line_for_each_rung() -> None:
    lines = list(csv.DictReader(io.StringIO(in_csv(rows(SMALL)))))
    assert len(lines) == len(SMALL.taken)
    pipe = next(line for line in lines if line["name"] == "OS process by pipe, one core")
    assert float(pipe["net_median_ns"]) == 1500.0 and float(pipe["baseline_ns"]) == 800.0
    assert pipe["valid_samples"] == "11" and pipe["refused"] == ""
    refused = next(line for line in lines if line["name"] == "OS process by pipe, two cores")
    assert refused["valid_samples"] == "0" and "0.70" in refused["refused"]


@pytest.mark.parametrize(
    ("ns", "text"), [(0.41, "0.41 ns"), (930, "930 ns"), (1234, "1.23 us"), (-2500, "-2.50 us"), (6.1e6, "6.10 ms")]
)
def test_durations_have_the_unit_that_fits(ns: float, text: str) -> None:
    assert duration(ns) == text
