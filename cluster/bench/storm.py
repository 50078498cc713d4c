"""Goroutines that talk while they are stolen all the time and Ps are taken away: `python -m cluster.bench.storm`.

The program is exchange.py. Its Ms are those of `worker --chaos SEED`: they give started goroutines away by chance
though nobody is hungry, to Ms that are busy, too; end their turns after some slices; and hand their Ps off with all
that can move. What is printed: how many goroutines ended, how many of them had got all values, each once and in
order, and how often they had moved at least. Exit code 1 unless all ended once and were right.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Final

import click

from cluster.api.cluster import Cluster
from cluster.bench.machine import in_words, machine
from cluster.bench.running import pids_of, printed_by
from cluster.launch.embedded import Embedded
from cluster.wire import frame

PROGRAM: Final = Path(__file__).with_name("exchange.py")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one storm."""

    goroutines: int
    ended: int
    distinct: int
    right: int
    hops: int
    seconds: float

    @property
    def all_right(self) -> bool:
        """Whether each ended once, and got all that it should."""
        return self.ended == self.distinct == self.right == self.goroutines


def storm(goroutines: int, rounds: int, workers: int, procs: int, seed: int) -> Outcome:
    """One program in a cluster of its own. Raises ProgramError when it does not come to its end."""
    embedded = Embedded(procs, workers, chaos=seed)
    try:
        embedded.wait_listening()
        with Cluster(address=embedded.address) as cluster:
            pids_of(cluster, workers)
            begin = monotonic()
            (line,) = printed_by(cluster, PROGRAM, goroutines, rounds)
            return Outcome(goroutines, **json.loads(line), seconds=monotonic() - begin)
    finally:
        embedded.close()


@click.command()
@click.option("--goroutines", type=click.IntRange(2), default=10_000, show_default=True, help="How many.")
@click.option("--rounds", type=click.IntRange(1), default=100, show_default=True, help="Of each goroutine.")
@click.option("--workers", type=click.IntRange(2), default=3, show_default=True, help="Ms.")
@click.option("--procs", type=click.IntRange(1), default=2, show_default=True, help="Ps.")
@click.option("--seed", default=0, show_default=True, help="Of chance in the Ms.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def main(goroutines: int, rounds: int, workers: int, procs: int, seed: int, as_json: bool) -> None:
    """Let goroutines exchange values in a storm of moves. Exit code 1 when anything is wrong or missing."""
    if not frame.available:
        raise click.ClickException(f"nothing moves here: {frame.why_not}")
    facts, outcome = machine(), storm(goroutines, rounds, workers, procs, seed)
    if as_json:
        print(json.dumps({"machine": facts, "rounds": rounds, "seed": seed, **asdict(outcome)}))
    else:
        print(in_words(facts))
        print(f"{goroutines:,} goroutines, {rounds} rounds, {workers} Ms, {procs} Ps, seed {seed}")
        print(
            f"{outcome.ended:,} ended, {outcome.right:,} with all values right, "
            f"at least {outcome.hops:,} moves, in {outcome.seconds:.1f} s"
        )
    raise SystemExit(not outcome.all_right)


if __name__ == "__main__":
    main()
