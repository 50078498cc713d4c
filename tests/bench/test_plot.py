"""The picture of a ladder; where matplotlib is."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from cluster.bench import plot
from cluster.bench.figures import Figure
from cluster.bench.rows import rows
from cluster.bench.sampling import UnavailableError
from tests.bench.rungs import SMALL

CURVES = {
    "parties in a ring": ("parties", [(2.0, Figure("ns", (900.0, 950.0))), (96.0, Figure("ns", (1500.0, 1600.0)))])
}


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot, "find_spec", lambda _name: None)
    with pytest.raises(UnavailableError, match=r"pip install 'gmp-cluster\[plot\]'"):
        plot.draw(rows(SMALL), CURVES, "a machine", Path("x.svg"))


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
@pytest.mark.parametrize("curves", [CURVES, {}])
def test_the_picture_names_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, curves: plot.Curves
) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    matplotlib = pytest.importorskip("matplotlib")
    target = tmp_path / "ladder.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        plot.draw(rows(SMALL), curves, "a machine", target)
    text = target.read_text()
    assert "OS process by pipe [C]" in text and "(refused)" in text and "a machine" in text
    assert ("parties in a ring" in text) == bool(curves) and "own pipe" not in text
