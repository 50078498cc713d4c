"""Figures: samples of one quantity with their median and quartiles, and the machine that they are from."""

import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CPUINFO: Final = Path("/proc/cpuinfo")


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
    def p99(self) -> float:
        """The 99th percentile; of fewer than a hundred samples it is near the worst."""
        if len(self.samples) == 1:
            return self.samples[0]
        return statistics.quantiles(self.samples, n=100, method="inclusive")[98]

    def describe(self) -> dict[str, object]:
        """As plain data."""
        low, high = self.quartiles
        told = {"unit": self.unit, "median": self.median, "quartiles": [low, high], "p99": self.p99}
        return told | {"samples": len(self.samples)}

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


def machine() -> dict[str, object]:
    """What a figure has no meaning without."""
    return {
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": _commit(),
        "load": round(os.getloadavg()[0], 2),
    }


def in_words(facts: Mapping[str, object]) -> str:
    """`machine()` as one line."""
    commit = f", commit {facts['commit']}" if facts["commit"] else ""
    return (
        f"{facts['cpu']}, {facts['cpus']} CPUs, {facts['system']}, Python {facts['python']}{commit}, "
        f"load {facts['load']} before"
    )


def _cpu() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    """The commit of this checkout, with a + when files differ from it; "" when it is none."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
