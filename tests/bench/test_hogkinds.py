"""What the kinds of hog come to, by themselves."""

import gc

import pytest

from cluster.bench import hogkinds


def test_a_collection_that_does_nothing_since_another_thread_collects_changes_no_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python's collector is one for all threads, and `gc.collect` does not wait for it."""
    expected, calls, collect = hogkinds.collections_of_garbage(), 0, gc.collect

    def busy_at_first() -> int:
        nonlocal calls
        calls += 1
        return collect() if calls % 3 == 0 else 0

    monkeypatch.setattr(gc, "collect", busy_at_first)
    gc.disable()  # else another collection may take the garbage before
    try:
        assert hogkinds.collections_of_garbage() == expected
    finally:
        gc.enable()
    assert calls == 12
