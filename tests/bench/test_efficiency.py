"""What comes of runs whose cost is known."""

import csv
import io
from dataclasses import replace

import pytest

from cluster.bench.efficiency import fits, in_csv, limits, lost, rows
from cluster.bench.scalework import Job
from cluster.bench.scaling import Plan, Results, Run, Setting
from cluster.bench.threads import Used
from cluster.model.clock import SECOND
from cluster.wire.messages import Counts


def ran(wall_s: float, cpu_s: float, kept_s: float = 0.0, counts: Counts | None = None) -> Run:
    used = Used(round(cpu_s * SECOND), round(kept_s * SECOND), round(0.1 * wall_s * SECOND), 2)
    return Run(round(wall_s * SECOND), used, (round(wall_s * SECOND), 0), 11, counts or Counts(2, 5, 1, 33))


def results(procs: tuple[int, ...] = (1, 2), cores: int = 2, weak: bool = True) -> Results:
    """One second on one P; on n Ps the n-th part, and a twentieth more. The bare split is ideal."""
    plan = Plan(("cpu",), procs, weak, (False,), 3, 1.0)
    made = Results(plan, cores, {"cpu": Job("cpu", 10, 1)})
    for setting in plan.settings():
        n, slow = setting.procs, 1.0 if setting.bare or setting.procs == 1 else 1.05
        wall_s = slow * (1 if setting.weak else 1 / min(n, cores))
        made.runs[setting] = [ran(wall_s * speed, speed * (n if setting.weak else 1)) for speed in (1.0, 2.0, 1.5)]
    return made


def test_ratios_are_of_one_round_so_that_a_slow_round_does_no_harm() -> None:
    one, strong, weak = rows(results())
    assert (one.procs, strong.procs, weak.weak) == (1, 2, True)
    assert strong.speedup.samples == pytest.approx([2 / 1.05] * 3)
    assert strong.efficiency.median == pytest.approx(1 / 1.05)
    assert strong.bare_efficiency.median == pytest.approx(1.0)
    assert strong.of_bare.median == pytest.approx(1 / 1.05)
    assert weak.speedup.median == pytest.approx(2 / 1.05)  # twice the work in 1.05 of the time
    assert strong.cores == (1.0, 0.0) and strong.helpers == pytest.approx(0.1)
    assert strong.messages_per_goroutine == 3 and (strong.steals, strong.stolen, strong.handoffs) == (2, 5, 1)


def test_what_is_lost_adds_up_to_what_is_not_speed_up() -> None:
    alone, many = [ran(1.0, 0.98, 0.01)], [ran(0.6, 1.05, 0.1)]
    gone = lost(alone, many, 2, 1)
    assert gone.dearer == pytest.approx(0.07 / 1.2) and gone.kept == pytest.approx(0.09 / 1.2)
    assert gone.dearer + gone.kept + gone.asleep == pytest.approx((1.2 - 1.0) / 1.2)
    assert gone.largest == "kept"


def test_words_name_the_largest_loss_and_that_of_the_bare_split() -> None:
    one, strong, _ = rows(results())
    assert "4.8 % of the ideal on 2 Ps is lost, most of it without work" in limits(strong)
    assert limits(strong).endswith("the bare split loses 0.0 %")
    assert limits(one) == "nothing is lost on 1 Ps"


def test_more_ps_than_cores_have_the_cores_as_their_ideal_and_are_not_fitted() -> None:
    made = results(procs=(1, 2, 3), cores=2, weak=False)
    assert [(row.ideal, row.oversubscribed) for row in rows(made)] == [(1, False), (2, False), (2, True)]
    (fitted,) = fits(made).values()
    assert fitted.counts == (1, 2) and fitted.serial is not None
    assert fitted.serial.median == pytest.approx(0.05)


def test_without_a_second_core_nothing_is_fitted() -> None:
    (fitted,) = fits(results(procs=(1, 2), cores=1, weak=False)).values()
    assert fitted.counts == (1,) and fitted.serial is None


def test_csv_has_a_line_for_each_row_and_plain_numbers() -> None:
    made = rows(results())
    lines = list(csv.DictReader(io.StringIO(in_csv(made))))
    assert [line["procs"] for line in lines] == ["1", "2", "2"]
    assert float(lines[1]["speedup_median"]) == pytest.approx(made[1].speedup.median)
    assert lines[1]["lost_asleep"] and lines[1]["cores"] == "1.000 0.000" and lines[2]["scaling"] == "weak"


def test_a_pinned_series_has_rows_and_a_fit_of_its_own() -> None:
    made = results(weak=False)
    made.plan = replace(made.plan, pinning=(False, True))
    for setting in made.plan.settings():
        made.runs.setdefault(setting, made.runs[Setting(*setting)._replace(pinned=False)])
    assert [row.placed for row in rows(made)] == ["free", "free", "pinned", "pinned"]
    assert list(fits(made)) == [("cpu", False), ("cpu", True)]
