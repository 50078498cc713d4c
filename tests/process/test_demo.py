"""`cluster demo` leaves a report that is whole, and needs nothing else."""

import re

import pytest

from tests.process.place import Place
from tests.report.test_page import well_formed

pytestmark = pytest.mark.timeout(150)

PATIENCE_S = 120  # the tour starts some twenty processes, one after the other


def test_the_tour_ends_with_a_report_of_all_that_it_showed(place: Place) -> None:
    process = place.start("-m", "cluster", "demo", "--quick", "-p", "2", "--out", "out")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    html = (place.path / "out" / "report.html").read_text("utf-8")
    assert "report.html" in out
    assert well_formed(html)
    assert not re.search(r"<script|<link|@import|(src|href)\s*=\s*[\"'](?!#)", html)
    for part in ("Hello, World!", "<svg", "within one thread", "pure arithmetic", "GOMAXPROCS 2"):
        assert part in html, part
