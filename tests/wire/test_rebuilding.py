from typing import Any

import pytest

from cluster.wire import frame, rebuilding


@pytest.mark.skipif(not frame.available, reason=frame.why_not)
@pytest.mark.parametrize("kind", [0, 1, 2])
def test_what_has_finished_is_made_finished(kind: int) -> None:
    made: Any = rebuilding.finished(kind, "name", "qualified.name")
    assert (made.__name__, made.__qualname__) == ("name", "qualified.name")
    assert frame.primitives.capture(made) is None


def test_a_dict_iterator_begins_where_it_stood() -> None:
    items: dict[object, object] = {1: 2, 3: 4, 5: 6}
    made: Any = [rebuilding.dict_iterator(items, view, back, 1) for view in range(3) for back in (False, True)]
    assert [list(one) for one in made] == [[3, 5], [3, 1], [4, 6], [4, 2], [(3, 4), (5, 6)], [(3, 4), (1, 2)]]


def test_a_cell_is_made_empty_and_filled() -> None:
    made = rebuilding.cell()
    with pytest.raises(ValueError, match="empty"):
        made.cell_contents  # noqa: B018
    rebuilding.fill_cell(made, (1,))
    assert made.cell_contents == 1


def test_an_exception_is_made_without_a_call_of_its_init() -> None:
    class NeverError(KeyError):
        def __init__(self) -> None:
            raise AssertionError("called")

    made = rebuilding.exception(NeverError, (1, 2))
    assert (type(made), made.args) == (NeverError, (1, 2))
