"""`worker --pin` and `--core`: binds Ms to cores. Loaded when asked for."""

from typing import Final

import psutil

from cluster.model.errors import ClusterError


class Pinning:
    """Where Ms shall run: all on `core`, or each on the next of the cores that this process may use."""

    def __init__(self, core: int | None = None) -> None:
        if not hasattr(psutil.Process, "cpu_affinity"):
            raise ClusterError("this system does not let a process be pinned to a core: leave out --pin and --core")
        allowed = sorted(psutil.Process().cpu_affinity() or [])
        if core is not None and core not in allowed:
            raise ClusterError(f"--core {core}: this process may use the cores {', '.join(map(str, allowed))}")
        self._cores: Final = allowed if core is None else [core]

    def pin(self, index: int) -> None:
        """Bind this process, the M of that index on its command line."""
        psutil.Process().cpu_affinity([self._cores[index % len(self._cores)]])
