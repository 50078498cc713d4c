"""Two laws of scaling, fitted to measured speed-ups, and what a fit over so few points can tell.

Amdahl.     A part `serial` of the work is done by one P at a time: S(n) = n / (1 + serial (n - 1)).
USL.        The universal scalability law adds `crosstalk`, what each pair of Ps costs the other two:
            S(n) = n / (1 + serial (n - 1) + crosstalk n (n - 1)). With some of it there is a best number of Ps.
Fit.        Both are straight lines in y = n / S(n) - 1, so that least squares needs two sums and no library. Ours
            is non-negative for the USL, whose parts are meaningless below 0; Amdahl's may be negative: then the
            work scaled better than n times, by caches or by luck.
Knowledge.  n = 1 tells nothing: S(1) is 1. Each other number of Ps tells one number. So with one of them Amdahl's part
            is read off, not tested, and the USL's two parts cannot be told apart; with two the USL is read off.
Interval.   One fit for each round, in which the runs were neighbours: the spread is that of the machine.
Sources.    Amdahl, "Validity of the single processor approach", 1967. Gunther, "A general theory of computational
            scalability based on rational functions", arXiv 0808.1431.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Final

from cluster.bench.figures import Figure

NEGLIGIBLE: Final = 1e-9  # of a part: nothing is left of it but rounding

Points = Mapping[int, float]  # speed-up by number of Ps


def amdahl(points: Points) -> float:
    """The serial part that fits best. ValueError when there is no point beyond n = 1."""
    return _amdahl(_lines(points))


def universal(points: Points) -> tuple[float, float]:
    """(serial, crosstalk) that fit best, neither below 0. ValueError with fewer than two points beyond n = 1."""
    lines = _lines(points)
    if len(lines) < 2:
        raise ValueError("one number of Ps beyond 1 cannot tell two parts apart")
    aa = sum(a * a for a, _, _ in lines)
    ab = sum(a * b for a, b, _ in lines)
    bb = sum(b * b for _, b, _ in lines)
    ay = sum(a * y for a, _, y in lines)
    by = sum(b * y for _, b, y in lines)
    determinant = aa * bb - ab * ab
    serial, crosstalk = (ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant
    if serial >= 0 and crosstalk >= 0:
        return serial, crosstalk
    # The best point of a convex sum of squares, where one part may not be below 0, has one part that is 0.
    edges = [(max(0.0, ay / aa), 0.0), (0.0, max(0.0, by / bb))]
    return min(edges, key=lambda edge: sum((a * edge[0] + b * edge[1] - y) ** 2 for a, b, y in lines))


def speedup(n: float, serial: float, crosstalk: float = 0.0) -> float:
    """What the law says of n Ps."""
    return n / (1 + serial * (n - 1) + crosstalk * n * (n - 1))


def best(serial: float, crosstalk: float) -> float:
    """The number of Ps beyond which more make it slower; infinite without crosstalk."""
    if crosstalk <= NEGLIGIBLE:
        return inf
    return sqrt(max(1 - serial, 0.0) / crosstalk)


def _amdahl(lines: Sequence[tuple[float, float, float]]) -> float:
    if not lines:
        raise ValueError("one P alone tells nothing of scaling")
    return sum(a * y for a, _, y in lines) / sum(a * a for a, _, _ in lines)


def _lines(points: Points) -> list[tuple[float, float, float]]:
    """(n - 1, n (n - 1), n / S - 1) of each point that tells something."""
    return [(n - 1, n * (n - 1), n / s - 1) for n, s in points.items() if n > 1]


@dataclass(frozen=True, slots=True)
class Fits:
    """The laws over the rounds of one kind of work; None where the points do not suffice."""

    counts: tuple[int, ...]  # of Ps, 1 included, that were fitted
    serial: Figure | None  # Amdahl's
    usl_serial: Figure | None
    crosstalk: Figure | None
    error: float | None  # the largest distance of a median speed-up from the USL's curve; None when nothing is tested

    @property
    def name(self) -> str:
        """Of the law that `curve` follows."""
        return "Amdahl's" if self.crosstalk is None else "universal"

    def curve(self, n: float) -> float | None:
        """The speed-up that the fit says of n Ps: by the USL where there is one."""
        if self.usl_serial is not None and self.crosstalk is not None:
            return speedup(n, self.usl_serial.median, self.crosstalk.median)
        return None if self.serial is None else speedup(n, self.serial.median)

    def describe(self) -> dict[str, object]:
        """As plain data."""
        return {
            "fitted_over": list(self.counts),
            "amdahl": None if self.serial is None else {"serial": self.serial.describe()},
            "usl": None
            if self.usl_serial is None or self.crosstalk is None
            else {"serial": self.usl_serial.describe(), "crosstalk": self.crosstalk.describe()},
            "largest_error": self.error,
            "says": self.says(),
            "knows": self.knows(),
        }

    def says(self) -> list[str]:
        """In words: the parts, and what they mean."""
        return [*_of_amdahl(self), *_of_usl(self)]

    def knows(self) -> str:
        """What a fit over these numbers of Ps can tell, and what not."""
        return known_from(self.counts)


def fit(rounds: Sequence[Points]) -> Fits:
    """The laws over rounds, each with the speed-ups of the same numbers of Ps."""
    counts = tuple(sorted(rounds[0])) if rounds else ()
    beyond = [n for n in counts if n > 1]
    if not beyond:
        return Fits(counts, None, None, None, None)
    serial = Figure("of the work", tuple(amdahl(points) for points in rounds))
    if len(beyond) < 2:
        return Fits(counts, serial, None, None, None)
    parts = [universal(points) for points in rounds]
    usl_serial = Figure("of the work", tuple(part for part, _ in parts))
    crosstalk = Figure("of the work, per pair", tuple(part for _, part in parts))
    fits = Fits(counts, serial, usl_serial, crosstalk, None)
    if len(beyond) < 3:
        return fits
    medians = {n: Figure("x", tuple(points[n] for points in rounds)).median for n in counts}
    error = max(abs(speedup(n, usl_serial.median, crosstalk.median) - s) for n, s in medians.items())
    return Fits(counts, serial, usl_serial, crosstalk, error)


def known_from(counts: Sequence[int]) -> str:
    """What a fit over these numbers of Ps can tell, and what not."""
    beyond, points = [n for n in counts if n > 1], " and ".join(map(str, counts))
    match len(beyond):
        case 0:
            return "With one number of Ps that have a core each nothing can be fitted."
        case 1:
            return (
                f"From {points} Ps one number is known. Read as Amdahl's law it is the serial part, which nothing "
                f"tests. For the universal law it is the sum of the serial part and {beyond[0]} times the crosstalk: "
                "which of the two it is, and so where more Ps stop paying, takes a machine with more cores to tell."
            )
        case 2:
            return f"From {points} Ps the universal law's two parts are read off; no third number tests them."
        case _:
            return f"From {points} Ps the universal law's two parts are fitted, and tested by what is left over."


def _of_amdahl(fits: Fits) -> list[str]:
    if fits.serial is None:
        return []
    median, (low, high) = fits.serial.median, fits.serial.interval
    part = f"Amdahl: serial part {_percent(median)} [{_percent(low)}, {_percent(high)}]"
    if median <= NEGLIGIBLE:
        return [f"{part}: no limit is seen"]
    if low <= 0:
        return [f"{part}: not told from none"]
    if median >= 1:
        return [f"{part}: more Ps make it slower"]
    return [f"{part}: at most {1 / median:,.1f} times as fast on any number of cores, if that is all"]


def _of_usl(fits: Fits) -> list[str]:
    if fits.usl_serial is None or fits.crosstalk is None:
        return []
    serial, crosstalk = fits.usl_serial.median, fits.crosstalk.median
    most = best(serial, crosstalk)
    words = f"USL: serial {_percent(serial)}, crosstalk {_percent(crosstalk)} per pair"
    words += ": no best number of Ps is seen" if most == inf else f": most is reached with {max(most, 1):,.0f} Ps"
    return [words if fits.error is None else f"{words}; no speed-up is further than {fits.error:.2f} from its curve"]


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %" if abs(part) >= 0.0005 or not part else f"{100 * part:.3f} %"
