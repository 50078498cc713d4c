"""The process in which one pool is measured for one round: `python -m cluster.bench.peers.child '{...}'`.

Alone       in a process of its own, a pool neither inherits the threads and memory of those before it (a fork would),
            nor leaves them anything.
Tells       on the standard output that it was given, a line of JSON for each sample, and at last that it is done. What
            pools print goes to stderr, which the parent keeps in a file.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from cluster.bench.peers import catalog, links, measures
from cluster.bench.peers.measures import Budget
from cluster.bench.peers.system import System


def main(told: str) -> None:
    """Measure what `told` says: a system, sections, a budget, and how many loops are a millisecond."""
    order = json.loads(told)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def tell(**facts: object) -> None:
        print(json.dumps(facts), file=out, flush=True)

    measure(order, tell)
    tell(done=True)


def measure(order: dict[str, Any], tell: Callable[..., None]) -> None:
    """Start the pool, tell of each sample, end it."""
    budget = Budget(**order["budget"])
    name, sections = order["system"], order["sections"]
    pools = [section for section in sections if section not in links.SECTIONS]
    if pools or not sections:
        _measure_pool(catalog.system(name), pools, budget, order["loops_per_ms"], tell)
    for section in sections:
        if section in links.SECTIONS:
            for sample in links.ours(section, budget) if name == catalog.OURS else links.theirs(section, budget):
                tell(**asdict(sample))


def _measure_pool(
    system: System, sections: Sequence[str], budget: Budget, loops_per_ms: float, tell: Callable[..., None]
) -> None:
    system.start(budget.workers)
    tell(started=True)
    try:
        if not sections:
            tell(loops_per_ms=measures.calibrated(system, budget.workers))
        for section in sections:
            for sample in measures.samples(system, section, budget, loops_per_ms):
                tell(**asdict(sample))
    finally:
        system.close()


if __name__ == "__main__":
    main(sys.argv[1])
