"""The length from which an efficiency is reached, between the lengths that were measured and beyond them."""

import pytest

from cluster.bench.peers.efficiency import Reached, reached

POINTS = [(0.1, 0.2), (1.0, 0.6), (10.0, 1.0)]


def test_between_two_lengths_it_grows_with_their_logarithm() -> None:
    assert reached(POINTS, 0.4).ms == pytest.approx(10**-0.5)
    assert reached(POINTS, 0.6).ms == pytest.approx(1.0)
    assert reached(POINTS, 0.8).ms == pytest.approx(10**0.5)


def test_what_all_lengths_reach_is_reached_at_or_below_the_shortest() -> None:
    assert reached(POINTS, 0.2) == Reached(0.1, "<")
    assert str(reached(POINTS, 0.1)) == "<0.1"


def test_what_the_longest_does_not_reach_is_reached_beyond_it() -> None:
    assert reached([(1.0, 0.99), (100.0, 0.9)], 0.95) == Reached(100.0, ">")
    assert str(Reached(100.0, ">")) == ">100"


def test_a_lucky_short_length_does_not_count_when_a_longer_one_is_below() -> None:
    assert reached([(0.1, 0.97), (1.0, 0.5), (10.0, 0.99)], 0.95).ms > 1.0
