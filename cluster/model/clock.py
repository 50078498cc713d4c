"""Time, in integer nanoseconds. An instant has meaning on one machine only and is never sent.

Source: CLOCK_MONOTONIC, which all processes of one machine share, so that the traces of several Ms
can be laid on one axis.
"""

import time
from typing import Final, NewType, Protocol

Instant = NewType("Instant", int)

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000


class Clock(Protocol):
    """The seam that lets a test own the time."""

    def now(self) -> Instant:
        """Nanoseconds since an arbitrary origin; never decreases."""
        ...

    def unix_s(self) -> float:
        """What clocks on walls show, in seconds since 1970; for people and their deadlines, never for measuring."""
        ...


class MonotonicClock:
    """The machine's clock. Cost of `now`: about 50 ns."""

    def now(self) -> Instant:
        return Instant(time.monotonic_ns())

    def unix_s(self) -> float:
        return time.time()


def after(instant: Instant, duration_ns: int) -> Instant:
    """The instant `duration_ns` later."""
    return Instant(instant + duration_ns)
