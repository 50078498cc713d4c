"""What holds for the tests that start processes: each has a place of its own."""

import signal
from collections.abc import Iterator

import pytest

from tests.process.patience import PATIENCE_S
from tests.process.place import Place

SHARE = 0.6  # of a test's time is for one command: then there is time to say where it hangs


@pytest.fixture
def place(request: pytest.FixtureRequest, no_process_left: None) -> Iterator[Place]:
    """A directory for this test; no embedded cluster's directory may be left in it at the end."""
    # pytest-xdist has its workers ignore Ctrl-C, and so would all that they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    marker = request.node.get_closest_marker("timeout")
    here = Place(PATIENCE_S if marker is None else SHARE * marker.args[0])
    try:
        yield here
    finally:
        left = here.close()
        signal.signal(signal.SIGINT, before)
    assert not left, f"directories of embedded clusters were left: {left}"
