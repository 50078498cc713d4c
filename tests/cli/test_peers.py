"""What `cluster peers` plans, refuses and shows; that it measures is tests/process/test_peers.py."""

import signal
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cluster.bench.figures import Figure
from cluster.bench.peers import catalog, measures
from cluster.bench.peers.comparison import compare
from cluster.bench.peers.measures import Sample
from cluster.bench.peers.rounds import Failed, Measured
from cluster.cli import peers


def test_without_names_all_that_is_installed_is_measured_in_all_sections() -> None:
    plan = peers.planned(False, 3, 2, (), (), 1)
    assert set(plan.systems) == set(catalog.installed())
    assert plan.sections == peers.SECTIONS


def test_bare_processes_are_with_every_measurement_of_work() -> None:
    assert peers.planned(True, 1, 2, ("work",), ("mp.Pool",), 1).systems == ("mp.Pool", catalog.BARE)
    assert peers.planned(True, 1, 2, ("submit",), ("mp.Pool",), 1).systems == ("mp.Pool",)


def test_a_pool_that_is_not_installed_cannot_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "installed", dict)
    with pytest.raises(click.UsageError, match=r"ray is not installed: pip install 'gmp-cluster\[peers\]'"):
        peers.planned(True, 1, 2, (), ("ray",), 1)


def test_a_picture_without_a_known_suffix_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(click.UsageError, match=r"must end in \.svg or \.png"):
        peers.drawing(Path("peers.txt"))


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name}")

    monkeypatch.setattr(peers, "import_module", missing)
    with pytest.raises(click.UsageError, match=r"gmp-cluster\[plot\]"):
        peers.drawing(Path("peers.svg"))


def test_the_tables_show_medians_ratios_efficiencies_reasons_and_failures(capsys: pytest.CaptureFixture[str]) -> None:
    taken: list[Measured | Failed] = [
        *(Measured(1, name, Sample(measures.work(1.0), ns, 8)) for name, ns in ((catalog.BARE, 500), ("loky", 1_000))),
        *(
            Measured(1, name, Sample(measures.SUBMIT, ns, 8))
            for name, ns in ((catalog.OURS, 10_000), ("loky", 250_000))
        ),
        Measured(1, "loky", Sample(measures.TREE, 0, 0, "no way back")),
        *(Measured(1, catalog.OURS, Sample(measures.TREE, 5_000, 9)) for _ in range(2)),
        Failed(1, "ray", "it was ended"),
    ]
    facts = {"cpu": "x", "cpus": 2, "virtualised": "", "system": "y", "python": "z", "commit": "", "load": 0}
    peers.show(facts, {}, peers.planned(True, 1, 2, (), (), 4242), compare(taken))
    out = capsys.readouterr().out
    assert "--seed 4242" in out
    assert "250" in out and "25.0" in out  # microseconds, and times ours
    assert "without loky: no way back" in out
    assert "round 1, ray: it was ended" in out
    assert "METG" in out and "50" in out


def test_what_was_measured_before_an_interrupt_is_kept() -> None:
    first = Failed(1, "ray", "it was ended")

    def told() -> Iterator[Measured | Failed]:
        yield first
        signal.raise_signal(signal.SIGTERM)
        yield Failed(1, "dask", "it never comes here")

    before, results = signal.getsignal(signal.SIGTERM), list[Measured | Failed]()
    assert peers.collect(told(), results)
    assert results == [first]
    assert signal.getsignal(signal.SIGTERM) is before
    assert not peers.collect(iter([first]), results) and results == [first, first]


@pytest.mark.parametrize(("seconds", "words"), [(0, ""), (42, "about 42 s left"), (600, "about 10 minutes left")])
def test_the_time_left_is_in_words(seconds: float, words: str) -> None:
    assert peers.in_time(seconds) == words


def test_one_sample_has_no_spread() -> None:
    assert peers.between(Figure("us", (1.0,))) == ""
    assert peers.between(Figure("us", (1.0, 2.0, 3.0))) == "1.50 - 2.50"
