"""Large values beside the frames: what goes to the depot, what stays, and that what arrives is what was sent."""

import pickle
import threading
from typing import Any

import pytest

from cluster.model.errors import CannotShipError
from cluster.model.limits import APART_BYTES_MIN
from cluster.wire import apart
from cluster.wire.apart import Lump, Reference, Refusing, Taking
from cluster.wire.pickling import NoObjects, Pickling
from tests.fakes import FakeDepot

LARGE = APART_BYTES_MIN


class Array:
    """Gives its memory out of band, as an array of NumPy does."""

    def __init__(self, data: bytearray) -> None:
        self.data = data

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return Array, (pickle.PickleBuffer(self.data),)


def there_and_back(value: object, depot: FakeDepot | None) -> tuple[bytes, Any]:
    """What is in the frame, and what is read from it."""
    pickling = Pickling("__main__", NoObjects())
    pickling.depot = depot
    data = apart.dumps(pickling, depot, value, "a value")
    return data, pickling.read(bytes(data))


def test_a_large_buffer_goes_to_the_depot_and_is_read_where_it_lies() -> None:
    depot = FakeDepot()
    array = Array(bytearray(b"x" * LARGE))
    data, read = there_and_back([array, array, 5], depot)
    assert isinstance(data, Reference) and len(data) < 200 and data.size > LARGE
    assert read[0] is read[1] and read[2] == 5
    assert isinstance(read[0].data, memoryview) and bytes(read[0].data) == bytes(array.data)
    read[0].data[0] = 7
    assert depot.shelf[data.name][1][0] == 7, "it was not copied"
    assert array.data[0] == ord("x")


def test_short_buffers_stay_in_the_frame_and_so_does_all_without_a_depot() -> None:
    depot = FakeDepot()
    data, read = there_and_back(Array(bytearray(LARGE - 200)), depot)
    assert not isinstance(data, Reference) and len(read.data) == LARGE - 200 and not depot.shelf
    data, read = there_and_back(Array(bytearray(LARGE)), None)
    assert not isinstance(data, Reference) and len(data) > LARGE and len(read.data) == LARGE


@pytest.mark.parametrize("value", [b"x" * LARGE, bytearray(b"x" * LARGE)])
def test_bytes_and_bytearrays_go_apart_and_are_read_as_what_they_are(value: bytes | bytearray) -> None:
    depot = FakeDepot()
    for sent in (value, [value, 1], (value, None), ([value, value], None, 5)):
        data, read = there_and_back(sent, depot)
        assert isinstance(data, Reference) and read == sent
        assert len(depot.shelf[data.name]) == 2, "the pickle, and the bytes once"
        assert len(depot.shelf[data.name][0]) < 200
    assert type(there_and_back(value, depot)[1]) is type(value)


def test_a_bytearray_that_something_else_may_name_stays_one_object() -> None:
    value = bytearray(LARGE)
    _, (first, other) = there_and_back((value, {"the same": value}), FakeDepot())
    assert first is other["the same"]
    _, (first, second) = there_and_back((value, value), FakeDepot())
    assert first is second
    _, (rows, again) = there_and_back(([value], [value]), FakeDepot())
    assert rows[0] is again[0]


def test_a_list_that_stands_twice_in_a_row_stays_one_list() -> None:
    rows = [b"x" * LARGE]
    _, (first, second) = there_and_back((rows, rows), FakeDepot())
    assert first is second and first == rows


def test_a_long_pickle_goes_apart_as_a_whole() -> None:
    depot = FakeDepot()
    data, read = there_and_back({"text": "x" * LARGE, "deep": [[b"y" * LARGE]]}, depot)
    assert isinstance(data, Reference) and read == {"text": "x" * LARGE, "deep": [[b"y" * LARGE]]}
    assert len(depot.shelf[data.name]) == 1


def test_without_room_all_is_in_the_frame() -> None:
    full = FakeDepot(room=0)
    for value in (b"x" * LARGE, "x" * LARGE, Array(bytearray(LARGE))):
        data, read = there_and_back(value, full)
        assert not isinstance(data, Reference) and len(data) > LARGE
        assert getattr(read, "data", read) == getattr(value, "data", value)


def test_what_cannot_be_pickled_is_refused_as_ever() -> None:
    with pytest.raises(CannotShipError, match="a value must go to another process"):
        there_and_back([Array(bytearray(LARGE)), threading.Lock()], FakeDepot())


def test_a_pickle_that_was_begun_in_vain_leaves_no_buffer_behind() -> None:
    """What has no name is written again, by value: its buffers are not counted twice."""
    depot = FakeDepot()
    data, (array, function) = there_and_back([Array(bytearray(b"x" * LARGE)), lambda: 5], depot)
    assert isinstance(data, Reference) and len(depot.shelf[data.name]) == 2
    assert bytes(array.data) == b"x" * LARGE and function() == 5


def test_who_takes_nothing_is_told_by_the_first_large_buffer() -> None:
    refusing = Refusing()
    refusing.begin()
    assert refusing(pickle.PickleBuffer(bytes(LARGE - 1)))
    with pytest.raises(apart.LargeBuffer):
        refusing(pickle.PickleBuffer(bytes(LARGE)))
    taking = Taking()
    assert not taking(pickle.PickleBuffer(bytes(LARGE))) and taking(pickle.PickleBuffer(b""))
    assert len(taking.taken) == 1


def test_a_row_without_large_bytes_is_itself() -> None:
    row = (b"x" * (LARGE - 1), "x" * LARGE, [b"x" * LARGE])
    assert apart.lumped(row) is row and not apart.has_lumps(row)
    (lump,) = apart.lumped([b"x" * LARGE])
    assert isinstance(lump, Lump)


def test_of_a_long_row_the_first_items_stand_for_all() -> None:
    row = [1] * apart.LOOKED_AT_MAX
    assert not apart.has_lumps([*row, b"x" * LARGE]) and apart.has_lumps([*row[1:], b"x" * LARGE])


def test_a_lump_in_a_frame_is_read_as_what_it_is() -> None:
    assert pickle.loads(pickle.dumps(Lump(b"abc"), 5)) == b"abc"
    assert pickle.loads(pickle.dumps(Lump(bytearray(b"abc")), 5)) == bytearray(b"abc")


def test_a_reference_is_known_by_its_name_and_nothing_else_is_one() -> None:
    depot = FakeDepot()
    data, _ = there_and_back(b"x" * LARGE, depot)
    assert isinstance(data, Reference) and apart.name_in(data) == data.name
    for other in (b"", b"cluster.wire.apart", pickle.dumps(["cluster.wire.apart"]), pickle.dumps(apart.name_in)):
        assert apart.name_in(other) == ""
    assert apart.name_in(b"ccluster.wire.apart\nfetch\n(I1\nI2\ntR.") == "", "it is no word that could be a name"


def test_a_reference_is_for_the_runtime_and_for_those_who_reach_the_depot() -> None:
    data, _ = there_and_back(b"x" * LARGE, FakeDepot())
    with pytest.raises(CannotShipError, match="was read by plain pickle"):
        pickle.loads(data)
    with pytest.raises(CannotShipError, match="lies in a depot that this process cannot reach"):
        Pickling("__main__", NoObjects()).read(bytes(data))
