"""How quickly the scheduler reacts, and what it costs while nothing happens: `python -m cluster.bench.sysmon`.

wake-up         from a send on one M until the receiver runs on another, which was idle, without a P
retake          from `time.sleep` in a goroutine until the next one of its M runs on another M; a look each 5 ms
preemption      from the first line of a loop without an await until the next goroutine of its P runs; 10 ms by design
stop the world  `gomaxprocs` beside two goroutines that only compute: both must be preempted first
new M           from `go` until the goroutine runs on an M that did not exist; one for each cluster
idle            the processor's time of the coordinator, two Ms and their nursery, while a program sleeps

How      programs (misbehaving.py) on clusters as users start them. CLOCK_MONOTONIC is one for all processes.
Rejected times out of the trace: it shows when a goroutine ran, and not what it was waiting for; and it costs time.
"""

import time
from pathlib import Path
from threading import Thread
from typing import Final

import click
import psutil

from cluster.api.cluster import Cluster
from cluster.bench.figures import Figure
from cluster.bench.machine import in_words, machine
from cluster.bench.running import pids_of, printed_by
from cluster.model.clock import MILLISECOND, SECOND

PROGRAM: Final = Path(__file__).with_name("misbehaving.py")
SAMPLES: Final = 100
NEW_MS: Final = 10
IDLE_S: Final = 5.0
SETTLE_S: Final = 0.5
SINGLE: Final = {  # what is measured, by which program, with how many Ps and Ms
    "wake-up of a goroutine on an idle M": ("waking", 2, 2),
    "retake of the P of a blocked M": ("retaken", 1, 2),
    "preemption of a loop": ("preempted", 1, 1),
    "stop the world, with two hogs": ("stopped", 2, 2),
}


def reactions(samples: int = SAMPLES, new_ms: int = NEW_MS) -> dict[str, Figure]:
    """All of them but what idleness costs, in milliseconds."""
    figures = {}
    for name, (reaction, procs, workers) in SINGLE.items():
        with Cluster(procs=procs, workers=workers) as cluster:
            pids_of(cluster, workers)
            figures[name] = _figure(printed_by(cluster, PROGRAM, reaction, samples))
    made: list[str] = []
    while len(made) < new_ms:
        with Cluster(procs=2, workers=1) as cluster:
            pids_of(cluster, 1)
            made += printed_by(cluster, PROGRAM, "made", 1)
    return figures | {"new M": _figure(made)}


def _figure(lines: list[str]) -> Figure:
    return Figure("ms", tuple(int(line) / MILLISECOND for line in lines))


def idle(for_s: float = IDLE_S) -> dict[str, Figure]:
    """What all processes of a cluster take while its only program sleeps, in percent of one core."""
    with Cluster(procs=2, workers=2) as cluster:
        pids_of(cluster, 2)
        processes = psutil.Process().children(recursive=True)
        sleeper = Thread(target=printed_by, args=(cluster, PROGRAM, "resting", int((for_s + 2 * SETTLE_S) * 1000)))
        sleeper.start()
        time.sleep(SETTLE_S)  # the program is imported
        before, began = sum(map(_taken_ns, processes)), time.monotonic_ns()
        time.sleep(for_s)
        taken, lasted = sum(map(_taken_ns, processes)) - before, time.monotonic_ns() - began
        sleeper.join()
    return {"idle: coordinator, 2 Ms and nursery": Figure("% of a core", (100 * taken / lasted,))}


def _taken_ns(process: psutil.Process) -> int:
    """The processor's time of a process: to the nanosecond, where psutil has hundredths of seconds."""
    try:
        return int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0])
    except OSError:
        times = process.cpu_times()
        return int((times.user + times.system) * SECOND)


@click.command()
@click.option("--samples", default=SAMPLES, show_default=True, help="Of each reaction.")
@click.option("--new-ms", default=NEW_MS, show_default=True, help="Clusters in which an M is made.")
@click.option("--idle-s", default=IDLE_S, show_default=True, help="Seconds for which nothing happens.")
def main(samples: int, new_ms: int, idle_s: float) -> None:
    """Print median, quartiles, 99th percentile and the worst of each reaction; and what idleness costs."""
    print(in_words(machine()))
    for name, figure in reactions(samples, new_ms).items():
        print(f"{name}: {figure}, p99 {figure.p99:.2f}, worst {max(figure.samples):.2f}, {len(figure.samples)} samples")
    for name, figure in idle(idle_s).items():
        print(f"{name}: {figure.samples[0]:.2f} {figure.unit}")


if __name__ == "__main__":
    main()
