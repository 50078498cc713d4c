"""The limit: the same units split over n processes by `multiprocessing`, with nothing between them.

`python -m cluster.bench.barefork` is a process of its own, since a fork copies no thread, and the one that measures
has some; it does what the lines of its standard input ask for. For each split the processes are forked anew, then
wait for one moment; measured is from there until the last is through. Each is in a session of its own, as Ms are:
Linux may share the cores out by sessions. With cores each is bound to one, in turn.
"""

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from time import monotonic_ns
from typing import Final, Self

from cluster.bench.scalework import Job, plain
from cluster.bench.threads import busy_by_core, describe, read
from cluster.model.errors import ClusterError

_READY: Final = 0


def shares(units: int, processes: int) -> list[int]:
    """Units for each process: as equal as they can be."""
    less, more = divmod(units, processes)
    return [less + (i < more) for i in range(processes)]


def split(job: Job, processes: int, cores: Sequence[int] = ()) -> dict[str, object]:
    """When the work began and ended, and what the processes used meanwhile."""
    context = multiprocessing.get_context("fork")
    ends: list[Connection] = []
    for i, share in enumerate(shares(job.units, processes)):
        here, there = context.Pipe()
        core = cores[i % len(cores)] if cores else None
        context.Process(target=_work, args=(there, job, share, core), daemon=True).start()
        ends.append(here)
    for end in ends:
        assert end.recv() == _READY
    cores_before, before, begin_ns = busy_by_core(), read(os.getpid(), ()), monotonic_ns()
    for end in ends:
        end.send(None)
    end_ns = max(end.recv() for end in ends)
    used = read(os.getpid(), ()).since(before)
    busy = [now - then for then, now in zip(cores_before, busy_by_core(), strict=True)]
    for end in ends:
        end.send(None)
    for process in multiprocessing.active_children():
        process.join()
    return {"begin_ns": begin_ns, "end_ns": end_ns, "used": describe(used), "busy_ns": busy}


def _work(pipe: Connection, job: Job, share: int, core: int | None) -> None:
    os.setsid()
    if core is not None:
        os.sched_setaffinity(0, [core])
    plain(job.kind, 1, job.loops)  # what a first time needs is there
    pipe.send(_READY)
    pipe.recv()
    plain(job.kind, share, job.loops)
    pipe.send(monotonic_ns())
    pipe.recv()  # stays until it has been counted


class Apart:
    """`split` in a process of its own, which stays for the length of the `with` block."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-P", "-m", "cluster.bench.barefork"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def split(self, job: Job, processes: int, cores: Sequence[int] = ()) -> dict[str, object]:
        """See `split`. Raises ClusterError when the process has ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([job, processes, list(cores)]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ClusterError(f"the process that splits work bare ended with code {self._process.wait()}")
        told: dict[str, object] = json.loads(line)
        return told

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # it ends with its standard input


def main() -> None:
    """The process: a line for each split that is asked for."""
    for line in sys.stdin:
        job, processes, cores = json.loads(line)
        print(json.dumps(split(Job(*job), processes, cores)), flush=True)


if __name__ == "__main__":
    main()
