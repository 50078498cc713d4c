"""How long the tests that start processes wait for what must happen."""

from typing import Final

PATIENCE_S: Final = 25.0  # it takes a second, and more on a machine that others use
