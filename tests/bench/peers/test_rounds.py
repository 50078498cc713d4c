"""Who has which turn, and how long it takes yet; the processes are in tests/process/test_peers.py."""

from cluster.bench.peers import catalog, links, measures
from cluster.bench.peers.measures import Budget
from cluster.bench.peers.rounds import MARK, Plan, environment, left_s, takers, turns_of

BUDGET = Budget(0.1, 1, 2)
ALL = (*measures.SECTIONS, *links.SECTIONS)


def test_each_round_has_all_pools_in_an_order_of_its_own_that_the_seed_decides() -> None:
    plan = Plan(catalog.NAMES, ALL, BUDGET, 5, seed=7)
    turns = turns_of(plan)
    rounds = [[turn.system for turn in turns if turn.round == number] for number in range(1, 6)]
    assert all(sorted(names) == sorted(catalog.NAMES) for names in rounds)
    assert len({tuple(names) for names in rounds}) > 1
    assert turns_of(plan) == turns
    assert turns_of(Plan(catalog.NAMES, ALL, BUDGET, 5, seed=8)) != turns


def test_bare_processes_only_work_and_links_are_no_pools() -> None:
    assert catalog.BARE in takers(measures.WORK, catalog.NAMES)
    assert catalog.BARE not in takers(measures.SUBMIT, catalog.NAMES)
    assert takers(links.CHANNEL, catalog.NAMES) == (catalog.OURS, "mp.Queue")
    assert takers(links.HOP, catalog.NAMES) == (catalog.OURS, "ZeroMQ")
    assert not {"mp.Queue", "ZeroMQ"} & set(takers(measures.MAP, catalog.NAMES))


def test_who_has_nothing_to_do_has_no_turn() -> None:
    plan = Plan((catalog.OURS, "mp.Pool", "ZeroMQ"), (links.HOP,), BUDGET, 2, seed=1)
    turns = turns_of(plan)
    assert sorted(turn.system for turn in turns if turn.round == 1) == ["ZeroMQ", catalog.OURS]
    assert {turn.sections for turn in turns} == {(links.HOP,)}


def test_the_time_left_is_by_how_long_the_same_took_or_else_the_others() -> None:
    assert left_s({"a": 2.0, "b": 4.0}, ["a", "b", "c"]) == 2.0 + 4.0 + 3.0
    assert left_s({"a": 2.0}, []) == 0


def test_a_pool_gets_a_home_of_its_own_and_a_mark() -> None:
    env = environment({"HOME": "/home/me", "XDG_CACHE_HOME": "/home/me/.cache", "PATH": "/bin"}, "/tmp/place", "m")
    assert env["HOME"] == env["TMPDIR"] == "/tmp/place"
    assert env[MARK] == "m" and env["PATH"] == "/bin"
    assert "XDG_CACHE_HOME" not in env
