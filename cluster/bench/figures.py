"""Figures: samples of one quantity, with their median and how far it can be trusted."""

import random
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

RESAMPLES: Final = 1000  # of the bootstrap: the ends of the interval are then between the 25th and 26th from either end
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """Samples of one quantity, in `unit`."""

    unit: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper one, which are among the samples or between two of them."""
        if len(self.samples) == 1:
            return self.samples[0], self.samples[0]
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return low, high

    @property
    def minimum(self) -> float:
        return min(self.samples)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % bootstrap interval of the median: the same for the same samples.

        Source: Efron, "Bootstrap methods: another look at the jackknife", 1979; the percentile method.
        """
        if len(self.samples) == 1:
            return self.samples[0], self.samples[0]
        rng, size = random.Random(0), len(self.samples)
        medians = sorted(statistics.median(rng.choices(self.samples, k=size)) for _ in range(RESAMPLES))
        outside = round(RESAMPLES * (1 - CONFIDENCE) / 2)
        return medians[outside], medians[-1 - outside]

    @property
    def p99(self) -> float:
        """The 99th percentile; of fewer than a hundred samples it is near the worst."""
        if len(self.samples) == 1:
            return self.samples[0]
        return statistics.quantiles(self.samples, n=100, method="inclusive")[98]

    def describe(self) -> dict[str, object]:
        """As plain data."""
        told = {"unit": self.unit, "median": self.median, "interval": list(self.interval), "min": self.minimum}
        return told | {"quartiles": list(self.quartiles), "p99": self.p99, "samples": len(self.samples)}

    def __str__(self) -> str:
        low, high = self.quartiles
        return f"{number(self.median)} {self.unit} [{number(low)}-{number(high)}]"


def number(value: float) -> str:
    """With three figures, as far as they stand behind the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def by_name(rounds: Iterable[Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    """The samples of each name, in the order of the rounds; each round has all names."""
    taken = list(rounds)
    return {name: tuple(one[name] for one in taken) for name in taken[0]}
