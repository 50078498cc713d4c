"""The bar of a map."""

import io

from rich.console import Console

from cluster.pool.bar import Bar


def test_it_shows_how_many_of_how_many() -> None:
    out = io.StringIO()
    bar = Bar(30, Console(file=out, width=100))
    bar.advance(10)
    bar.advance(20)
    bar.end()
    assert "30/30" in out.getvalue()
    out = io.StringIO()
    bar = Bar(None, Console(file=out, width=100))
    bar.advance(7)
    bar.end()
    assert "7/?" in out.getvalue()
