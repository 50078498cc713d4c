"""Values that cross an M many in a message."""

import pytest

from cluster.kernel.far import Packed
from cluster.kernel.parcels import Refused, size, unwrap, wrap, wrap_left
from cluster.kernel.plain import PLAIN
from cluster.model.errors import CannotShipError
from tests.sim.mesh import PROGRAM, Mesh


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "text", b"bytes"])
def test_what_nobody_can_change_goes_as_it_is(value: object) -> None:
    far = Mesh(1, 1).nodes[0].homes
    assert wrap(far, PROGRAM, value) is value and unwrap(far, PROGRAM, value) is value and type(value) in PLAIN


def test_what_can_be_changed_is_a_copy_of_the_moment_at_which_it_was_wrapped() -> None:
    far = Mesh(1, 1).nodes[0].homes
    value = [1]
    item = wrap(far, PROGRAM, value)
    value.append(2)
    assert isinstance(item, Packed) and unwrap(far, PROGRAM, item) == [1]


def test_what_cannot_be_packed_is_refused_at_once_or_when_its_sender_has_gone_on_at_the_receiver() -> None:
    far = Mesh(1, 1).nodes[0].homes
    generator = (x for x in ())
    with pytest.raises(CannotShipError, match="generator"):
        wrap(far, PROGRAM, generator)
    item = wrap_left(far, PROGRAM, generator)
    assert isinstance(item, Refused)
    with pytest.raises(CannotShipError, match="generator"):
        unwrap(far, PROGRAM, item)


def test_the_size_of_an_item_is_that_of_what_it_has_most_of() -> None:
    assert (size(b"x" * 100), size("y" * 50), size(Packed(b"z" * 30)), size(7)) == (100, 50, 30, 8)
