"""`worker --pin`: binds an M to a core. Loaded when asked for."""

import psutil


def pin_to_core(index: int) -> None:
    """Bind this process to one of the CPUs that it may use: the `index`-th, in turn."""
    process = psutil.Process()
    cpus = sorted(process.cpu_affinity() or [])
    if cpus:
        process.cpu_affinity([cpus[index % len(cpus)]])
