"""Who can be measured here."""

import platform

import pytest

from cluster.bench.peers import catalog


def test_what_the_standard_library_has_is_always_there() -> None:
    there = catalog.installed()
    assert there["mp.Pool"] == there["ProcessPool"] == there["mp.Queue"] == platform.python_version()
    assert {catalog.OURS, catalog.BARE, "ZeroMQ"} <= there.keys() <= set(catalog.NAMES)


def test_what_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalog.LINKS, "ZeroMQ", "no-such-distribution")
    assert catalog.version_of("ZeroMQ") is None
    assert "ZeroMQ" not in catalog.installed()
