"""Where two parties run: both on one core, where a hop must switch, or on two, where it must wake the other core up.

The two are different quantities, and are named so: the first is the cost of a switch; the second is a latency, of an
idle core that is woken by an interrupt, and no switch's cost.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ANY: Final = -1  # not pinned
_CPUS: Final = Path("/sys/devices/system/cpu")


@dataclass(frozen=True, slots=True)
class Placement:
    """The cores of the first and the second party, and what is measured so."""

    name: str
    measures: str
    first: int
    second: int

    @property
    def arguments(self) -> tuple[str, str]:
        """As parties.py takes them."""
        return str(self.first), str(self.second)

    @property
    def counted(self) -> bool:
        """Whether it is known how many switches there should be."""
        return self.first != ANY


@dataclass(frozen=True, slots=True)
class Places:
    """All that are to be had here, and what is left out, and why."""

    all: tuple[Placement, ...]
    left_out: tuple[str, ...] = ()


def places(usable: Sequence[int] | None = None, root: Path = _CPUS) -> Places:
    """`usable` are the cores that this process may use: () when it may not choose."""
    cores = pinnable() if usable is None else tuple(usable)
    if not cores:
        anywhere = Placement("not pinned", "switch or wake-up, as the system pleases", ANY, ANY)
        why = (
            "this process may not pin itself to a core: costs of switches (one core) and wake-up latencies (two cores) "
            "cannot be told apart, and the kernel's switches are not checked"
        )
        return Places((anywhere,), (why,))
    one = Placement("one core", "switch cost", cores[-1], cores[-1])
    if len(cores) == 1:
        why = f"only core {cores[0]} is usable: wake-up latencies, which take two cores, are left out"
        return Places((one,), (why,))
    others = [core for core in cores[:-1] if core not in siblings(one.first, root)]
    two = Placement("two cores", "wake-up latency", one.first, others[-1] if others else cores[-2])
    return Places((one, two), () if others else ("the two cores are threads of one: they share its caches and units",))


def pinnable() -> tuple[int, ...]:
    """The cores that this process may use, if it may choose among them. The last ones serve fewer interrupts."""
    try:
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)
    except (AttributeError, OSError):
        return ()
    return tuple(sorted(cores))


def siblings(core: int, root: Path = _CPUS) -> tuple[int, ...]:
    """The hardware threads that share this core, itself among them."""
    try:
        text = (root / f"cpu{core}/topology/thread_siblings_list").read_text()
        ranges = [part.split("-") for part in text.strip().split(",")]
        return tuple(i for ends in ranges for i in range(int(ends[0]), int(ends[-1]) + 1))
    except (OSError, ValueError):
        return (core,)


@contextmanager
def held_on(*cores: int) -> Iterator[None]:
    """This thread, and the processes that it starts within, run on these cores only; ANY: where they like."""
    if ANY in cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
