"""How the results of tasks share a message."""

import pickle

from cluster.model.ids import ProgramId
from cluster.wire.messages import Results
from cluster.wire.parts import Result
from cluster.wire.results import PLAIN, Ended, message, values

P = ProgramId(3)
LIST = pickle.dumps([1])


def test_plain_ones_are_one_pickle_and_each_comes_back_in_its_place() -> None:
    ended = [
        Ended(-1, Result.RETURNED, LIST, 5),
        Ended(-2, PLAIN, 7, 1),
        Ended(-3, Result.WITHDRAWN, b"", 0),
        Ended(-4, PLAIN, b"word", 2),
    ]
    told = message(P, ended)
    assert told == Results(
        P, (-1, -2, -3, -4), bytes((0, PLAIN, 2, PLAIN)), (pickle.dumps([7, b"word"], 5), LIST, b""), 8
    )
    assert values(told.kinds, told.values) == [LIST, 7, b"", b"word"]


def test_of_one_kind_alone() -> None:
    told = message(P, [Ended(-1, PLAIN, None, 1), Ended(-2, PLAIN, "a", 1)])
    assert len(told.values) == 1 and values(told.kinds, told.values) == [None, "a"]
    told = message(P, [Ended(-1, Result.RETURNED, LIST, 1)])
    assert told.values == (LIST,) and values(told.kinds, told.values) == (LIST,)
