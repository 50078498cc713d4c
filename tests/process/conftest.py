"""What holds for the tests that start processes: each has a place of its own."""

import signal
from collections.abc import Iterator

import pytest

from tests.process.place import Place


@pytest.fixture
def place(no_process_left: None) -> Iterator[Place]:
    """A directory for this test; no embedded cluster's directory may be left in it at the end."""
    # pytest-xdist has its workers ignore Ctrl-C, and so would all that they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    here = Place()
    try:
        yield here
    finally:
        left = here.close()
        signal.signal(signal.SIGINT, before)
    assert not left, f"directories of embedded clusters were left: {left}"
