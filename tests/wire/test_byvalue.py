"""Functions and classes without a name, as bytes; what the runtime knows better goes its way."""

import pickle
import sys
import threading
from collections.abc import Callable

import cloudpickle
import pytest

from cluster.wire.byvalue import dumps, forget_name


class KnowsTheWord:
    """Writes one string in its own way, as the runtime does with channels."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def reduce(self, obj: object) -> object:
        if isinstance(obj, Word):
            self.seen.append(obj.text)
            return str.upper, (obj.text,)
        return NotImplemented


class Word:
    def __init__(self, text: str) -> None:
        self.text = text


def closure_over(obj: object) -> Callable[[], object]:
    return lambda: obj


def test_a_closure_arrives_with_what_it_closes_over() -> None:
    closure = pickle.loads(dumps(closure_over([1, 2]), KnowsTheWord()))
    assert closure() == [1, 2]


def test_what_the_runtime_knows_is_written_its_way_also_deep_inside() -> None:
    knows = KnowsTheWord()
    closure = pickle.loads(dumps({"f": closure_over((Word("chan"), closure_over(Word("wg"))))}, knows))["f"]
    first, inner = closure()
    assert (first, inner()) == ("CHAN", "WG") and sorted(knows.seen) == ["chan", "wg"]


def test_a_local_class_arrives_and_works() -> None:
    class Local:
        def double(self, x: int) -> int:
            return 2 * x

    assert pickle.loads(dumps(Local, KnowsTheWord()))().double(4) == 8


def test_what_cannot_be_written_raises() -> None:
    with pytest.raises(TypeError, match="lock"):
        dumps(threading.Lock(), KnowsTheWord())


def test_what_others_would_not_find_goes_by_value_though_it_has_a_name() -> None:
    assert pickle.loads(dumps(closure_over, KnowsTheWord())) is closure_over
    forget_name(closure_over)
    try:
        assert pickle.loads(dumps(closure_over, KnowsTheWord())) is not closure_over
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
