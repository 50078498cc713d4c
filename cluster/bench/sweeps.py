"""How the cost of a switch grows with the number of parties and with what they touch: the lat_ctx method.

Method      Processes in a circle of pipes, all on one core, each with an array that it reads when it has the token. An
            operation is a hop. The baseline is one process with as many pipes and one array, which stays in its
            cache; it is taken off, so that what is left is the switch and the refill of the caches that it causes.
            Written afresh after the description of lmbench's lat_ctx; not a result of lmbench.
Ring        2 to 96 parties that touch nothing: what the scheduler's queue and the processor's tables cost.
Work        2 parties that touch 0 to 1024 KiB: what is left rises where two arrays outgrow a cache.
By          C where there is a compiler, else Python.
"""

from collections.abc import Sequence
from typing import Final

from cluster.bench.figures import Figure
from cluster.bench.placement import Placement
from cluster.bench.sampling import Effort, Ladder, Rung
from cluster.bench.served import served

PARTIES: Final = (2, 4, 8, 16, 32, 64, 96)
KIBS: Final = (0, 4, 16, 64, 256, 1024)
POINTS: Final = tuple(dict.fromkeys([*((parties, 0) for parties in PARTIES), *((2, kib) for kib in KIBS)]))
PART: Final = 4  # of a ladder's sample: a sweep has many points, and its hops are thousands to the second


def rungs(command: Sequence[str], place: Placement) -> list[Rung]:
    """All points of both sweeps, and their baselines."""
    found = []
    for parties, kib in POINTS:
        size = (*place.arguments, str(parties), str(kib))
        alone, hop = 0.0 if place.counted else None, 1.0 if place.counted else None
        found += [
            served(
                f"{name_of(parties, kib)}, {place.name}",
                [*command, "ring", *size],
                switches=hop,
                baseline=self_of(parties, kib),
            ),
            served(self_of(parties, kib), [*command, "ring_self", *size], switches=alone),
        ]
    return found


def effort(of_ladder: Effort) -> Effort:
    """Shorter samples, as many."""
    return Effort(of_ladder.sample_ns // PART, of_ladder.samples)


def name_of(parties: int, kib: int) -> str:
    """The rung, but for where it is."""
    return f"ring of {parties} that touch {kib} KiB"


def self_of(parties: int, kib: int) -> str:
    """Its baseline."""
    return f"{parties} own pipes and {kib} KiB"


def curves(ladder: Ladder) -> dict[str, tuple[str, list[tuple[float, Figure]]]]:
    """Both sweeps, as far as they were measured: title, name of the axis, points."""
    axes = {
        "parties in a ring (lat_ctx method)": ("parties", [(parties, parties, 0) for parties in PARTIES]),
        "what each of 2 touches (lat_ctx method)": ("KiB", [(kib, 2, kib) for kib in KIBS]),
    }
    found = {}
    for title, (axis, points) in axes.items():
        measured = [
            (float(at), ladder.net(name))
            for at, parties, kib in points
            for name in ladder.taken
            if name.rpartition(", ")[0] == name_of(parties, kib)
        ]
        if measured:
            found[title] = axis, measured
    return found
