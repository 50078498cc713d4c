"""How many Ps a program gets by default: GOMAXPROCS, else the CPUs that this process may use.

Sources. Go 1.19 runtime/proc.go: schedinit, and os_linux.go: getproccount (the affinity mask);
Go 1.25 for the cgroup's limit, which a container sets and an affinity mask does not show.
"""

import os
from pathlib import Path
from typing import Final

from cluster.model.limits import PROCS_MAX

_CGROUP: Final = Path("/sys/fs/cgroup")


def num_cpu() -> int:
    """CPUs in the affinity mask of this process; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def default_procs() -> int:
    """GOMAXPROCS from the environment if it is a positive integer, else the CPUs, limited by the cgroup."""
    wanted = os.environ.get("GOMAXPROCS", "")
    if wanted.isascii() and wanted.isdigit() and int(wanted) > 0:
        return min(int(wanted), PROCS_MAX)
    limit = cgroup_limit(_CGROUP)
    return num_cpu() if limit is None else max(1, min(num_cpu(), limit))


def cgroup_limit(root: Path) -> int | None:
    """CPUs that the cgroup (version 2) at `root` allows, rounded up, at least 2 as in Go 1.25; None: no limit."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return None
    if quota == "max":
        return None
    return max(2, -(-int(quota) // int(period)))
