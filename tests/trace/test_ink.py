"""Ink: what becomes of names, numbers and widths on their way into an SVG."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.trace.ink import (
    CORE_GREYS,
    G_COLOURS,
    M_COLOURS,
    element,
    fitted,
    number,
    printable,
    text,
    text_class_on,
    titled,
    width_of,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(ANY_TEXT)
def test_any_text_makes_well_formed_xml(words: str) -> None:
    svg = element("g", titled(words) + text(1, 2, words), data_name=words)
    parsed = ElementTree.fromstring(svg)
    assert (parsed[0].text or "").replace("\r", "\n") == printable(words).replace("\r", "\n")
    assert parsed[1].text == parsed[0].text


def test_names_cannot_leave_their_place() -> None:
    parsed = ElementTree.fromstring(element("g", text(0, 0, "main.<lambda> & 'x'"), data_name='"><script>'))
    assert parsed[0].text == "main.<lambda> & 'x'"
    assert parsed.get("data-name") == '"><script>'
    assert len(parsed) == 1


@pytest.mark.parametrize(
    ("value", "written"), [(1.0, "1"), (0.5, "0.5"), (1.239, "1.24"), (100.0, "100"), (-0.001, "0"), (7, "7")]
)
def test_numbers_are_as_short_as_they_go(value: float, written: str) -> None:
    assert number(value) == written


@given(ANY_TEXT, st.floats(0, 500))
def test_a_fitted_text_fits_and_is_a_beginning_of_the_text(words: str, width: float) -> None:
    cut = fitted(words, width)
    assert width_of(cut) <= width or not cut
    assert cut == words or words.startswith(cut.removesuffix("…"))


def test_every_colour_has_a_text_colour() -> None:
    assert {text_class_on(colour) for colour in (*M_COLOURS, *G_COLOURS, *CORE_GREYS)} == {"on-dark", "on-light"}
    assert text_class_on("#ffffff") == "on-light"
    assert text_class_on("#000000") == "on-dark"
