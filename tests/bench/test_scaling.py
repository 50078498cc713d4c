"""Which runs are made, in which order, and which not; no process is started here."""

from random import Random

import pytest

from cluster.bench import scaling
from cluster.bench.barefork import shares
from cluster.bench.scalework import KINDS, Job, plain
from cluster.bench.scaling import Plan, Run, Setting, counts_up_to, feasible, job_of, measured, run_of
from cluster.bench.threads import Used, describe
from cluster.model.clock import SECOND

PLAN = Plan(("cpu", "short"), (1, 2), True, (False,), 3, 1.0)
JOBS = {"cpu": Job("cpu", 10, 1), "short": Job("short", 1000, 1)}


def test_every_number_of_ps_up_to_eight_then_powers_of_two_and_the_last() -> None:
    assert counts_up_to(1) == (1,)
    assert counts_up_to(6) == (1, 2, 3, 4, 5, 6)
    assert counts_up_to(24) == (1, 2, 3, 4, 5, 6, 7, 8, 16, 24)


def test_a_round_has_every_setting_once_and_weak_scaling_begins_with_two_ps() -> None:
    settings = PLAN.settings()
    assert len(settings) == len(set(settings)) == 2 * 2 * 3  # kinds, bare or not, (1, 2, 2 weak)
    assert not [setting for setting in settings if setting.weak and setting.procs == 1]
    assert sum(setting.bare for setting in settings) * 2 == len(settings)


def test_rounds_are_in_random_order_and_the_same_under_one_seed() -> None:
    def order(seed: int) -> list[Setting]:
        made: list[Setting] = []

        def measure(setting: Setting, _job: Job) -> Run:
            made.append(setting)
            return Run(1, Used(), ())

        results = measured(PLAN, JOBS, Random(seed), lambda _s, _t: None, measure, cores=2)
        assert all(len(runs) == PLAN.rounds for runs in results.runs.values())
        assert results.left_out == []
        return made

    rounds = [order(1)[at : at + 12] for at in (0, 12, 24)]
    assert all(sorted(one) == sorted(PLAN.settings()) for one in rounds)
    assert rounds[0] != rounds[1]
    assert order(1) == order(1) != order(2)


def test_no_round_is_begun_for_which_there_is_no_time_and_that_is_said() -> None:
    now = [0]

    def measure(_setting: Setting, _job: Job) -> Run:
        now[0] += SECOND
        return Run(1, Used(), ())

    plan = Plan(("cpu",), (1,), False, (False,), 9, 1.0, within_s=5.0)  # a round takes two seconds
    results = measured(plan, JOBS, Random(1), lambda _s, _t: None, measure, cores=1, clock=lambda: now[0])
    assert {len(runs) for runs in results.runs.values()} == {2}
    assert results.left_out == ["7 of 9 rounds: there was no time for more"]


def test_what_is_told_sums_up_to_what_was_expected() -> None:
    told: list[float] = []
    measured(PLAN, JOBS, Random(1), lambda _s, t: told.append(t), lambda _s, _j: Run(1, Used(), ()), cores=2)
    assert sum(told) == pytest.approx(PLAN.rounds * sum(PLAN.expected_s(s, 2) for s in PLAN.settings()))


def test_what_cannot_be_measured_here_is_said_and_the_rest_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _cores: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(scaling, "sched_setaffinity", refuse)
    plan, said = feasible(Plan(("cpu",), (1, 2, 4), True, (False, True), 3, 1.0), cores=2)
    assert plan.pinning == (False,) and plan.procs == (1, 2, 4)
    assert len(said) == 2
    assert "may not bind itself to a core (Operation not permitted)" in said[0]
    assert said[1].startswith("4 Ps on 2 cores: oversubscribed")


def test_one_core_and_one_p_are_said_and_nothing_is_said_where_all_is_well() -> None:
    _, said = feasible(Plan(("cpu",), (1,), True, (False,), 3, 1.0), cores=1)
    assert ["one P only" in said[0], "one core only" in said[1]] == [True, True]
    assert feasible(PLAN, cores=2) == (PLAN, [])


def test_a_job_has_so_many_units_that_it_takes_the_seconds() -> None:
    assert job_of("cpu", 1.0, loops_per_ms=1000, copy_ms=1) == Job("cpu", 250, 4000)
    assert job_of("short", 0.1, loops_per_ms=1000, copy_ms=1) == Job("short", 2000, 50)
    assert job_of("memory", 1.0, loops_per_ms=1000, copy_ms=2.5) == Job("memory", 400, 1)
    assert job_of("blocking", 1.0, loops_per_ms=1000, copy_ms=1) == Job("blocking", 40, 5000)  # 20 ms of 25 asleep


def test_a_bare_split_is_as_equal_as_can_be() -> None:
    assert shares(10, 3) == [4, 3, 3] and shares(1, 2) == [1, 0]


def test_every_kind_does_its_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.bench.scalework.SLEEP_S", 0.0)
    assert {kind: plain(kind, 2, 1) for kind in KINDS} == dict.fromkeys(KINDS, 2)


def test_a_run_is_what_its_program_told() -> None:
    told = {"begin_ns": 5, "end_ns": 25, "busy_ns": [1, 2], "goroutines": 7, "used": describe(Used(1, 2, 3, 2))}
    assert run_of(told) == Run(20, Used(1, 2, 3, 2), (1, 2), 7)
