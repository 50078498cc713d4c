"""What threads used and waited for, from the kernel's own counts in nanoseconds: /proc/PID/task/TID/schedstat.

Main threads of Ms run goroutines. Helpers are all other threads of Ms (sysmon, ZeroMQ's), and every thread of the
other processes that are named (the coordinator). A thread has a core (`cpu`), or waits for one (`kept`), or sleeps.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Used:
    """Sums over threads, in ns."""

    main_cpu_ns: int = 0
    main_kept_ns: int = 0
    helpers_cpu_ns: int = 0
    ms: int = 0  # how many processes have main threads

    def since(self, before: Self) -> "Used":
        """What came between."""
        return Used(
            self.main_cpu_ns - before.main_cpu_ns,
            self.main_kept_ns - before.main_kept_ns,
            self.helpers_cpu_ns - before.helpers_cpu_ns,
            self.ms,
        )


def read(parent: int, others: Iterable[int], proc: Path = PROC) -> Used:
    """Of the children of `parent`, which are Ms, and of `others`. What the kernel does not tell is 0."""
    children = children_of(parent, proc)
    main_cpu = main_kept = helpers = 0
    for pid in [*children, *others]:
        for tid, cpu_ns, kept_ns in _threads(pid, proc):
            if tid == pid and pid in children:
                main_cpu, main_kept = main_cpu + cpu_ns, main_kept + kept_ns
            else:
                helpers += cpu_ns
    return Used(main_cpu, main_kept, helpers, len(children))


def children_of(pid: int, proc: Path = PROC) -> Sequence[int]:
    """The processes that `pid` has forked and not yet reaped, by any of its threads."""
    found: list[int] = []
    for task in _listed(proc / str(pid) / "task"):
        try:
            found += map(int, (proc / str(pid) / "task" / task / "children").read_text().split())
        except OSError:
            continue
    return found


def _threads(pid: int, proc: Path) -> list[tuple[int, int, int]]:
    """(thread, ns with a core, ns waited for one) of each thread that is there."""
    told = []
    for task in _listed(proc / str(pid) / "task"):
        try:
            cpu, kept, _ = (proc / str(pid) / "task" / task / "schedstat").read_text().split()
        except (OSError, ValueError):
            continue
        told.append((int(task), int(cpu), int(kept)))
    return told


def _listed(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def busy_by_core(proc: Path = PROC) -> list[int]:
    """ns that each core was at work for anybody so far, in steps of a tick (10 ms); [] where that is not told."""
    try:
        lines = (proc / "stat").read_text().splitlines()
    except OSError:
        return []
    tick_ns = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    cores = [line.split() for line in lines if line.startswith("cpu") and line[3:4].isdigit()]
    return [tick_ns * (sum(map(int, core[1:9])) - int(core[4]) - int(core[5])) for core in cores]  # but idle, iowait


def describe(used: Used) -> dict[str, int]:
    """As plain data, from which Used(**…) is made again."""
    return asdict(used)
