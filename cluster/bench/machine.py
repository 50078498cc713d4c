"""The machine that figures are from: what a figure has no meaning without, and whether others use it meanwhile.

A figure of a switch depends on the processor, on what the kernel does against its bugs (each entry to it costs more),
on the governor, which changes the clock, and on a hypervisor, which takes the core away: that is steal time.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil

LOAD_MAX: Final = 0.5  # runnable processes in the minute before we begin: more, and somebody computes beside us
STEAL_PERCENT_MAX: Final = 1.0  # of the time in which a core was ours to use, and the hypervisor ran another guest
ANSWER_TIMEOUT_S: Final = 10.0  # for a tool to say its version
LIBRARIES: Final = ("greenlet", "pyzmq", "msgpack")
TOOLS: Final[Mapping[str, tuple[str, ...]]] = {"Go": ("go", "version"), "C compiler": ("cc", "--version")}


def machine(seed: int | None = None, root: Path = Path("/")) -> dict[str, object]:
    """All of it, read now; with the seed of whatever is random in the measurement."""
    cpuinfo, cpus = _text(root / "proc/cpuinfo"), root / "sys/devices/system/cpu"
    facts: dict[str, object] = {
        "cpu": _named(cpuinfo, "model name") or platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
        "usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cores": psutil.cpu_count(logical=False),
        "smt": {"0": "off", "1": "on"}.get(_text(cpus / "smt/active"), "unknown"),
        "governor": _text(cpus / "cpu0/cpufreq/scaling_governor") or "not visible",
        "mitigations": _mitigations(cpus / "vulnerabilities"),
        "virtualised": _hypervisor(root, cpuinfo),
        "clocksource": _text(root / "sys/devices/system/clocksource/clocksource0/current_clocksource") or "unknown",
        "memory_gib": round(psutil.virtual_memory().total / (1 << 30), 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: found for name in LIBRARIES if (found := _library(name))}
        | {name: found for name, command in TOOLS.items() if (found := _said_by(*command).partition("\n")[0])},
        "commit": _commit(),
        "load": round(os.getloadavg()[0], 2),
    }
    return facts if seed is None else facts | {"seed": seed}


def in_words(facts: Mapping[str, object]) -> str:
    """`machine()` as one line."""
    commit = f", commit {facts['commit']}" if facts["commit"] else ""
    virtual = f", virtualised ({facts['virtualised']})" if facts["virtualised"] else ""
    seed = f", seed {facts['seed']}" if "seed" in facts else ""
    return (
        f"{facts['cpu']}, {facts['cpus']} CPUs{virtual}, {facts['system']}, Python {facts['python']}{commit}, "
        f"load {facts['load']} before{seed}"
    )


def in_lines(facts: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """`machine()` as a name and a text for each fact, in order: for a table."""
    for name, value in facts.items():
        match value:
            case dict():
                yield name, ", ".join(f"{key}: {text}" for key, text in value.items()) or "none"
            case None | "":
                yield name, "no" if name == "virtualised" else "unknown"
            case _:
                yield name, str(value)


class StealWatch:
    """How much of the cores' time the hypervisor has given to others since this was made."""

    def __init__(self, read: Callable[[], tuple[float, float]] | None = None) -> None:
        """`read` tells seconds of steal and of all, summed over the cores, since the system booted."""
        self._read: Final = read or _steal_and_all
        self._began: Final = self._read()

    def percent(self) -> float:
        """0 where the system does not tell."""
        stolen, total = (now - then for now, then in zip(self._read(), self._began, strict=True))
        return 100 * stolen / total if total > 0 else 0.0


def warnings(load: float, steal_percent: float = 0.0) -> list[str]:
    """Why figures that are taken now are not to be believed; [] when the machine is ours."""
    found = []
    if load > LOAD_MAX:
        found.append(
            f"the machine is too busy to measure: its load was {load:.2f} before the measurement began, and over "
            f"{LOAD_MAX} others take the cores and the caches away. End them, or wait a minute, and measure again"
        )
    if steal_percent > STEAL_PERCENT_MAX:
        found.append(
            f"the hypervisor gave {steal_percent:.1f} % of the cores' time to other guests, and over "
            f"{STEAL_PERCENT_MAX:.0f} % no figure of time can be trusted. Measure on a machine of its own, or later"
        )
    return found


def _steal_and_all() -> tuple[float, float]:
    times = psutil.cpu_times()
    guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # is in user and nice already
    return getattr(times, "steal", 0.0), sum(times) - guest


def _mitigations(directory: Path) -> dict[str, str]:
    """What the processor is vulnerable to and what the kernel does about it; what does not affect it is left out."""
    found = {file.name: _text(file) for file in sorted(directory.glob("*"))}
    return {name: text for name, text in found.items() if text and text != "Not affected"}


def _hypervisor(root: Path, cpuinfo: str) -> str:
    """Its name, "unknown hypervisor" when it has none; "" on bare metal, as far as the processor tells."""
    if "hypervisor" not in _named(cpuinfo, "flags").split():
        return ""
    dmi = root / "sys/class/dmi/id"
    names = (_text(root / "sys/hypervisor/type"), _text(dmi / "sys_vendor"), _text(dmi / "product_name"))
    told = " ".join(name for name in names if name)
    return told or _named(_said_by("lscpu"), "Hypervisor vendor") or "unknown hypervisor"


def _named(text: str, name: str) -> str:
    """The first value of that name in lines of `name : value`; "" if there is none."""
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return ""


def _text(file: Path) -> str:
    """What is in it; "" when it cannot be read: each system has others of these files."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _library(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _said_by(*command: str) -> str:
    """What a tool prints; "" when it is not here, fails, or does not answer."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=ANSWER_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _commit() -> str:
    """The commit of this checkout, with a + when files differ from it; "" when it is none."""
    return _said_by("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--exclude=*")
