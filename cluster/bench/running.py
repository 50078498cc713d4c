"""Runs a program file on a cluster, for a measurement: what it printed, and nothing on the terminal."""

import os
from pathlib import Path

from cluster.api.cluster import Cluster
from cluster.api.source import of_file
from cluster.model.errors import ProgramError
from cluster.wire.messages import Options


def pids_of(cluster: Cluster, workers: int) -> tuple[int, ...]:
    """The processes of the Ms, when so many are there."""
    while len(ms := cluster.status().ms) < workers:
        pass  # each status is a round trip to the coordinator: it paces itself
    return tuple(m.pid for m in ms)


def printed_by(cluster: Cluster, file: Path, *arguments: object, godebug: str = "") -> list[str]:
    """The lines that `main` of the file prints. `godebug` is put before what $GODEBUG has. Raises ProgramError."""
    out = bytearray()

    def write(stream: int, data: bytes) -> None:
        if stream == 1:
            out.extend(data)

    source = of_file(file, [str(argument) for argument in arguments])
    settings = ",".join(filter(None, (godebug, os.environ.get("GODEBUG", ""))))
    code, text = cluster.run_file(
        source._replace(godebug=settings), Options(explain=False, trace=False, by_path=True), write, None
    )
    if code:
        raise ProgramError(text, code)
    return out.decode().splitlines()
