"""What the samples of all rounds come to: figures, ratios to ours, efficiencies; and all of it as plain data.

Ratios      are of medians within a round, so that a slow minute of the machine falls on both; then the median of all
            rounds. Above one, ours is faster.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cluster.bench.figures import Figure
from cluster.bench.peers import catalog, links, measures
from cluster.bench.peers.efficiency import ENOUGH, HALF, Reached, reached
from cluster.bench.peers.rounds import Failed, Measured

UNITS: Final[Mapping[str, tuple[str, float]]] = {  # of which one has so many nanoseconds
    measures.SUBMIT: ("us", 1e3),
    measures.MAP: ("us", 1e3),
    measures.TREE: ("us", 1e3),
    measures.BYTES: ("ms", 1e6),
    links.CHANNEL: ("us", 1e3),
    links.HOP: ("us", 1e3),
}
TITLES: Final[Mapping[str, str]] = {
    measures.SUBMIT: "empty tasks one by one: a task submitted, its result back",
    measures.MAP: "map of many small items: an item",
    measures.TREE: "nested fork and join: a task of a Fibonacci tree",
    measures.BYTES: "10 MB arguments: a task",
    links.CHANNEL: "many items through a channel between two Ms: an item",
    links.HOP: "hop between two Ms: half a round trip",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One pool in one section; `ratio` is to ours, and None for ours or without it."""

    system: str
    figure: Figure
    ratio: Figure | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The efficiency of one pool by the length of tasks in milliseconds."""

    system: str
    points: tuple[tuple[float, Figure], ...]

    def reaches(self, share: float) -> Reached:
        """The length from which it is at `share`, by the medians."""
        return reached([(length, figure.median) for length, figure in self.points], share)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that has been measured."""

    sections: Mapping[str, tuple[Row, ...]]
    curves: tuple[Curve, ...]
    cannot: tuple[tuple[str, str, str], ...]  # (section, pool, why)
    failed: tuple[Failed, ...]

    def describe(self) -> dict[str, object]:
        """As plain data."""
        return {
            "sections": {
                section: {
                    row.system: row.figure.describe() | {"ratio": None if row.ratio is None else row.ratio.describe()}
                    for row in rows
                }
                for section, rows in self.sections.items()
            },
            "efficiency": {curve.system: _describe(curve) for curve in self.curves},
            "cannot": [{"section": section, "system": system, "why": why} for section, system, why in self.cannot],
            "failed": [{"round": one.round, "system": one.system, "why": one.why} for one in self.failed],
        }


def _describe(curve: Curve) -> dict[str, object]:
    shares = {f"{share:.0%}": curve.reaches(share) for share in (HALF, ENOUGH)}
    return {
        "lengths": [{"ms": length} | figure.describe() for length, figure in curve.points],
        "reached_at_ms": {name: {"ms": length.ms, "sign": length.sign} for name, length in shares.items()},
    }


def compare(results: Iterable[Measured | Failed]) -> Comparison:
    """Figures of all samples, the pools of each section from the fastest to the slowest."""
    taken = list(results)
    measured = [one for one in taken if isinstance(one, Measured)]
    samples = _by_system(one for one in measured if not one.sample.why_not)
    cannot = dict.fromkeys((one.sample.what, one.system, one.sample.why_not) for one in measured if one.sample.why_not)
    sections = {section: _rows(samples[section], *UNITS[section]) for section in UNITS if section in samples}
    return Comparison(sections, _curves(samples), tuple(cannot), tuple(one for one in taken if isinstance(one, Failed)))


Rounds = Mapping[int, Sequence[float]]  # nanoseconds, by round


def _by_system(measured: Iterable[Measured]) -> dict[str, dict[str, dict[int, list[float]]]]:
    """Samples by what they are of, by pool and by round."""
    samples: dict[str, dict[str, dict[int, list[float]]]] = {}
    for one in measured:
        of_system = samples.setdefault(one.sample.what, {}).setdefault(one.system, {})
        of_system.setdefault(one.round, []).append(one.sample.ns)
    return samples


def _rows(systems: Mapping[str, Rounds], unit: str, ns: float) -> tuple[Row, ...]:
    ours = systems.get(catalog.OURS)
    rows = [
        Row(
            name,
            Figure(unit, tuple(sample / ns for samples in rounds.values() for sample in samples)),
            None if ours is None or name == catalog.OURS else _ratio("x", rounds, ours, _medians),
        )
        for name, rounds in systems.items()
    ]
    return tuple(sorted(rows, key=lambda row: row.figure.median))


def _curves(samples: Mapping[str, Mapping[str, Rounds]]) -> tuple[Curve, ...]:
    lengths = [length for length in measures.LENGTHS_MS if measures.work(length) in samples]
    curves = []
    for name in dict.fromkeys(name for length in lengths for name in samples[measures.work(length)]):
        points = []
        for length in lengths:
            systems = samples[measures.work(length)]
            bare, pool = systems.get(catalog.BARE, {}), systems.get(name, {})
            efficiency = _ratio("", bare, pool, list)
            if name != catalog.BARE and efficiency is not None:
                points.append((length, efficiency))
        if points:
            curves.append(Curve(name, tuple(points)))
    return tuple(sorted(curves, key=lambda curve: -sum(figure.median for _, figure in curve.points)))


def _medians(samples: Sequence[float]) -> list[float]:
    return [statistics.median(samples)]


def _ratio(unit: str, them: Rounds, ours: Rounds, kept: Callable[[Sequence[float]], list[float]]) -> Figure | None:
    """The median of theirs in each round that both have, by what is `kept` of our samples of it."""
    ratios = [
        statistics.median(them[number]) / sample for number in them if number in ours for sample in kept(ours[number])
    ]
    return Figure(unit, tuple(ratios)) if ratios else None
