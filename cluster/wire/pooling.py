"""What is said of the tasks of a pool, which a client submits; for the rest of the protocol see messages.py."""

from typing import NamedTuple

from cluster.model.ids import ProgramId
from cluster.wire.parts import Record


class Submit(NamedTuple):
    """Run what is in these goroutines of my pool. I have heard of the ends of all that `done` carried."""

    program: ProgramId
    records: tuple[Record, ...]
    done: tuple[int, ...]


class Withdraw(NamedTuple):
    """These tasks, which `carrier` took out, are not wanted any more. One that has begun ends at its next await.

    With `force` it ends where it is; with `end` its M is ended if it does not.
    """

    program: ProgramId
    tasks: tuple[int, ...]
    force: bool = False
    end: bool = False
    carrier: int = 0


class Results(NamedTuple):
    """Tasks of a pool have ended, in this order. `kinds`: a byte for each, see parts.Result. Goes on to the client."""

    program: ProgramId
    tasks: tuple[int, ...]
    kinds: bytes
    values: tuple[bytes, ...]
    ran_ns: int  # between their beginnings and their ends, together


class TasksLost(NamedTuple):
    """An M died with these tasks and carriers of yours on it. `kept` were carried by them, and are on other Ms."""

    program: ProgramId
    lost: tuple[int, ...]
    kept: tuple[int, ...]
    why: str
    pid: int = 0  # of the M
