"""How the results of a pool's tasks share a message: the short plain ones are one pickle, first of its values."""

import pickle
from collections.abc import Sequence
from typing import Final, NamedTuple

from cluster.model.ids import ProgramId
from cluster.wire.messages import Results
from cluster.wire.parts import Result
from cluster.wire.pickling import PROTOCOL

PLAIN: Final = int(Result.PLAIN)  # as an int: the enum costs more


class Ended(NamedTuple):
    """A task that has ended."""

    number: int
    kind: int  # how: a Result
    value: object  # itself, when it is PLAIN; else bytes
    ran_ns: int


def message(program: ProgramId, ended: Sequence[Ended]) -> Results:
    """What tells of these, which are some."""
    numbers, kinds, values, ran = zip(*ended, strict=True)
    plain = [value for kind, value in zip(kinds, values, strict=True) if kind == PLAIN]
    told: tuple[bytes, ...] = tuple([value for kind, value in zip(kinds, values, strict=True) if kind != PLAIN])
    if plain:
        told = pickle.dumps(plain, PROTOCOL), *told
    return Results(program, numbers, bytes(kinds), told, sum(ran))


def values(kinds: bytes, told: Sequence[bytes]) -> Sequence[object]:
    """The value of each task, in the order of `kinds`: itself when it is PLAIN, else bytes."""
    plain = kinds.count(PLAIN)
    if not plain:
        return told
    short: list[object] = pickle.loads(told[0])  # an M's, of nothing but plain values
    if plain == len(kinds):
        return short
    these, others = iter(short), iter(told[1:])
    return [next(these if kind == PLAIN else others) for kind in kinds]
