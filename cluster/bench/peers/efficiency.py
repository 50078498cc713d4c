"""Efficiency against task length, and the length from which it is enough.

Efficiency  of tasks is what bare processes take for the same work by what the pool takes.
METG        is the minimum effective task granularity: the length at which half of the time is work.
Between     two measured lengths, efficiency is taken to grow with the logarithm of the length.
Sources.    Slaughter and others, Task Bench: A Parameterized Benchmark for Evaluating Parallel Runtime
            Performance, 2020.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HALF: Final = 0.5
ENOUGH: Final = 0.95

Point = tuple[float, float]  # a length in milliseconds, an efficiency


@dataclass(frozen=True, slots=True)
class Reached:
    """The length from which an efficiency is reached; `sign` is "<" or ">" when it is beyond what was measured."""

    ms: float
    sign: str = ""

    def __str__(self) -> str:
        return f"{self.sign}{self.ms:.2g}" if self.ms < 10 else f"{self.sign}{self.ms:.0f}"


def reached(points: Sequence[Point], share: float) -> Reached:
    """From which length on all points are at `share` or above. `points` are in the order of their lengths."""
    below = [at for at, (_, efficiency) in enumerate(points) if efficiency < share]
    if not below:
        return Reached(points[0][0], "<")
    if below[-1] == len(points) - 1:
        return Reached(points[-1][0], ">")
    (shorter, less), (longer, more) = points[below[-1] : below[-1] + 2]
    part = (share - less) / (more - less)
    return Reached(math.exp(math.log(shorter) + part * (math.log(longer) - math.log(shorter))))
