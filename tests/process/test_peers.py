"""`cluster peers` measures real pools, and ends what they started. How fast they are, nobody asserts."""

import json

import psutil
import pytest

from cluster.bench.peers import catalog, links, measures, rounds
from cluster.bench.peers.measures import Budget
from cluster.bench.peers.rounds import Failed, Measured, Plan
from cluster.model.errors import ClusterError
from tests.process.place import Place

pytestmark = pytest.mark.timeout(120)

BUDGET = Budget(sample_s=0.002, samples=1, workers=2, lengths_ms=(0.1,))


def test_peers_prints_positive_figures_and_ratios(place: Place) -> None:
    options = ("--quick", "--rounds", "1", "--workers", "2", "--seed", "5", "--json")
    systems = ("--system", "cluster", "--system", "mp.Pool")
    done = place.run("-m", "cluster", "peers", *options, *systems, "--only", "submit")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["workers"] == 2 and told["machine"]["seed"] == 5
    assert list(told["versions"]) == ["cluster", "mp.Pool"]
    submit = told["sections"]["submit"]
    assert submit["mp.Pool"]["ratio"]["median"] > 0 and submit["cluster"]["ratio"] is None
    assert all(row["median"] > 0 for row in submit.values())
    assert list(told["sections"]) == ["submit"] and told["failed"] == []


def test_the_pools_of_the_standard_library_and_ours_come_through() -> None:
    systems = (catalog.OURS, "mp.Pool", "mp.Pool imap", "ProcessPool", catalog.BARE)
    sections = (measures.SUBMIT, measures.WORK, measures.TREE)
    results = list(rounds.run(Plan(systems, sections, BUDGET, 1, 1), lambda _now: None))
    assert not [result for result in results if isinstance(result, Failed)]
    told = {(result.system, result.sample.what) for result in results if isinstance(result, Measured)}
    pools = {(name, what) for name in systems[:-1] for what in (measures.SUBMIT, "0.1 ms", measures.TREE)}
    assert told == pools | {(catalog.BARE, "0.1 ms")}


def test_channels_and_hops_are_measured_beside_a_queue_and_zeromq() -> None:
    systems = (catalog.OURS, links.QUEUE, links.ZEROMQ)
    results = list(rounds.run(Plan(systems, links.SECTIONS, BUDGET, 1, 1), lambda _now: None))
    told = {(result.system, result.sample.what) for result in results if isinstance(result, Measured)}
    assert told == {
        (catalog.OURS, links.CHANNEL),
        (catalog.OURS, links.HOP),
        (links.QUEUE, links.CHANNEL),
        (links.ZEROMQ, links.HOP),
    }


def test_a_pool_that_takes_too_long_is_ended_with_all_that_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "START_S", 1.0)
    monkeypatch.setattr(rounds, "SECTION_S", 0.0)
    monkeypatch.setattr(rounds, "GRACE_S", 0.1)
    seen: list[psutil.Process] = []
    find = rounds.marked

    def marked(mark: str) -> list[psutil.Process]:
        found = find(mark)
        seen.extend(found)
        return found

    monkeypatch.setattr(rounds, "marked", marked)
    budget = Budget(sample_s=60.0, samples=1, workers=2)
    (failed,) = rounds.run(Plan(("mp.Pool",), (measures.SUBMIT,), budget, 1, 1), lambda _now: None)
    assert isinstance(failed, Failed) and "it was ended, for it took more than 1 s" in failed.why
    assert seen and not [process for process in seen if lives(process)]


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_pool_that_cannot_start_says_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "environment", lambda *_: {"PATH": "/nowhere", "PYTHONHOME": "/nowhere"})
    with pytest.raises(ClusterError, match="did not come to its end"):
        rounds.calibrate(BUDGET)
