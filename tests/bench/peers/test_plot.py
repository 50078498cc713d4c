"""The picture, where matplotlib is installed."""

from pathlib import Path

import pytest

from cluster.bench.peers import catalog, measures
from cluster.bench.peers.comparison import compare
from cluster.bench.peers.measures import Sample
from cluster.bench.peers.rounds import Measured

plot = pytest.importorskip("cluster.bench.peers.plot", reason="matplotlib is not installed", exc_type=ImportError)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_picture_is_drawn_of_curves_and_of_each_section(suffix: str, tmp_path: Path) -> None:
    names = (catalog.OURS, catalog.BARE, "mp.Pool")
    whats = (measures.SUBMIT, *map(measures.work, measures.LENGTHS_MS))
    taken = [Measured(1, name, Sample(what, 1_000.0, 10)) for name in names for what in whats]
    file = tmp_path / f"peers{suffix}"
    plot.draw(compare(taken), file, "here, today")
    drawn = file.read_bytes()
    assert drawn.startswith(b"<?xml" if suffix == ".svg" else b"\x89PNG")
    assert len(drawn) > 10_000
