"""The whole move of a started goroutine from one M to another: `python -m cluster.bench.crossing`.

Begins   when pickle asks the first variable of the goroutine how it is written: it has left the queue.
Ends     at its first instruction in the other process. In between are packing, the way by the coordinator,
         which keeps it until it has arrived, the waking of two processes that sleep, unpacking, and the turns
         of others there.
How      a program (travellers.py) on a cluster with 2 Ps and 2 Ms as users start it. CLOCK_MONOTONIC is one for
         all processes, so that the difference of two processes' readings is a time.
Without  what a move is for and is not its cost: how long a goroutine waited for its turn before somebody was
         hungry, and how long the hungry one asked.
Rejected `worker --chaos`: goroutines and Ps are given away by chance, also to those that are busy. A trace: it
         shows when a goroutine was last running, not when it left, and costs time itself. The gap in the
         goroutine's own clock less the usual gap: a goroutine that moves has waited less than its turn.
"""

from pathlib import Path
from typing import Final

import click

from cluster.api.cluster import Cluster
from cluster.bench.figures import Figure
from cluster.bench.machine import in_words, machine
from cluster.bench.running import pids_of, printed_by
from cluster.model.clock import MICROSECOND
from cluster.model.errors import ClusterError
from cluster.wire import frame

FOR_MS: Final = 5000
PROGRAM: Final = Path(__file__).with_name("travellers.py")


def costs(for_ms: int = FOR_MS) -> dict[str, Figure]:
    """The whole move and its parts, of as many moves as came about in that time. ClusterError when there were none."""
    with Cluster(procs=2, workers=2) as cluster:
        pids_of(cluster, 2)
        lines = printed_by(cluster, PROGRAM, for_ms)
    moves = [tuple(map(int, line.split())) for line in lines]
    if not moves:
        raise ClusterError(f"no goroutine moved in {for_ms} ms: there is nothing to measure. Let it take longer")
    return figures([(left, came, ran) for left, came, ran in moves])


def figures(moves: list[tuple[int, int, int]]) -> dict[str, Figure]:
    """Of moves that left, came and ran at these nanoseconds."""
    return {
        "whole move": Figure("us", tuple((ran - left) / MICROSECOND for left, _, ran in moves)),
        "on the way": Figure("us", tuple((came - left) / MICROSECOND for left, came, _ in moves)),
        "until it ran": Figure("us", tuple((ran - came) / MICROSECOND for _, came, ran in moves)),
    }


@click.command()
@click.option("--for-ms", default=FOR_MS, show_default=True, help="How long goroutines go to and fro.")
def main(for_ms: int) -> None:
    """Print the median and quartiles of the whole move, and of its parts."""
    if not frame.available:
        raise click.ClickException(f"nothing moves here: {frame.why_not}")
    print(in_words(machine()))
    for name, figure in costs(for_ms).items():
        print(f"{name}: {figure}, {len(figure.samples)} moves")


if __name__ == "__main__":
    main()
