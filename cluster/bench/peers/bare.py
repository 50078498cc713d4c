"""Bare processes, each told once what to do: no pool can be faster, so that this is what efficiency is measured by."""

from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import ClassVar, TypeVar, cast

from cluster.bench.peers.system import CannotError

T = TypeVar("T")


class Bare:
    """Each worker gets its share in one message, and says in one that it is done."""

    distribution: ClassVar[str] = ""
    chunks: ClassVar[str] = "one a worker"

    def __init__(self) -> None:
        self._workers: list[tuple[BaseProcess, Connection]] = []

    def start(self, workers: int) -> None:
        """See System."""
        context = get_context("spawn")  # nothing is inherited: not the ends of the others' pipes either
        for _ in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,))
            process.start()
            theirs.close()
            self._workers.append((process, ours))

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """`fn` for each row, as System has it, but for how they get there."""
        share = -(-len(rows) // len(self._workers))
        for number, (_, pipe) in enumerate(self._workers):
            pipe.send((fn, rows[number * share : (number + 1) * share]))
        return [value for _, pipe in self._workers for value in cast("list[T]", pipe.recv())]

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        return self.each(fn, [(item,) for item in items])

    def tree(self, n: int) -> int:
        """See System."""
        raise CannotError("bare processes have no tasks")

    def close(self) -> None:
        """See System."""
        for process, pipe in self._workers:
            pipe.close()
            process.join()


def _work(pipe: Connection) -> None:
    while True:
        try:
            fn, rows = pipe.recv()
        except EOFError:
            return
        pipe.send([fn(*row) for row in rows])
