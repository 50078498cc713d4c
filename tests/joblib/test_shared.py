"""One cluster at a time, for what its workers have in their environment."""

import os
from collections.abc import Mapping

import pytest

shared = pytest.importorskip("cluster.joblib.shared", exc_type=ImportError)


class FakeCluster:
    def __init__(self) -> None:
        self.threads = os.environ.get("OMP_NUM_THREADS")
        self.open = True

    def close(self) -> None:
        self.open = False


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "Cluster", FakeCluster)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_the_cluster_stays_until_other_threads_are_asked_for() -> None:
    one: Mapping[str, str] = {"OMP_NUM_THREADS": "1"}
    ours = shared.Shared()
    first = ours.get(one)
    assert first.threads == "1" and "OMP_NUM_THREADS" not in os.environ
    assert ours.get(dict(one)) is first and first.open
    second = ours.get({"OMP_NUM_THREADS": "2"})
    assert second is not first and second.threads == "2"
    assert not first.open and second.open
    ours.close()
    assert not second.open
    assert ours.get(one) is not second


def test_a_fork_does_not_end_the_cluster_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = shared.Shared()
    first = ours.get({})
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert ours.get({}) is not first
    assert first.open


def test_what_was_in_the_environment_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    with shared.environ({"OMP_NUM_THREADS": "1"}):
        assert os.environ["OMP_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "8"
