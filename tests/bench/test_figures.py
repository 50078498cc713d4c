"""What is printed of samples."""

import random

import pytest

from cluster.bench.figures import Figure, by_name, number


def test_a_figure_has_its_median_and_quartiles_within_its_samples() -> None:
    figure = Figure("us", (4.0, 1.0, 3.0, 2.0, 5.0))
    assert (figure.median, figure.quartiles) == (3.0, (2.0, 4.0))
    assert Figure("us", (1.0, 2.0)).quartiles == (1.25, 1.75)


def test_of_one_sample_the_quartiles_are_the_sample() -> None:
    assert Figure("bytes", (7.0,)).quartiles == (7.0, 7.0)


def test_a_figure_as_data_says_how_many_samples_it_has() -> None:
    told = {"unit": "ns", "median": 2.0, "interval": [1.0, 3.0], "min": 1.0}
    assert Figure("ns", (1.0, 3.0)).describe() == told | {"quartiles": [1.5, 2.5], "p99": 2.98, "samples": 2}


def test_the_interval_of_the_median_is_narrower_the_more_samples_there_are_and_always_the_same() -> None:
    few, many = (Figure("ns", tuple(float(i % 11) for i in range(size))) for size in (11, 1100))
    assert few.interval == few.interval
    assert few.interval[0] < many.interval[0] <= 5.0 <= many.interval[1] < few.interval[1]
    assert Figure("ns", (7.0,)).interval == (7.0, 7.0)


def test_the_interval_holds_the_true_median_in_about_19_of_20_cases(rng: random.Random) -> None:
    def holds() -> bool:
        low, high = Figure("ns", tuple(rng.gauss(100, 10) for _ in range(21))).interval
        return low <= 100 <= high

    assert sum(holds() for _ in range(100)) >= 85


def test_the_99th_percentile_is_near_the_worst_of_few_and_below_it_of_many() -> None:
    assert Figure("ns", (7.0,)).p99 == 7.0
    assert 2.9 < Figure("ns", (1.0, 3.0)).p99 < 3.0
    assert Figure("ns", tuple(float(i) for i in range(201))).p99 == 198.0


def test_a_figure_as_text_has_its_unit() -> None:
    assert str(Figure("us", (1000.0, 2000.0, 3000.0))) == "2,000 us [1,500-2,500]"


@pytest.mark.parametrize(("value", "text"), [(0.1234, "0.12"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12,346")])
def test_numbers_have_three_figures(value: float, text: str) -> None:
    assert number(value) == text


def test_samples_are_gathered_by_name_in_the_order_of_the_rounds() -> None:
    assert by_name([{"a": 1.0, "b": 5.0}, {"a": 3.0, "b": 2.0}]) == {"a": (1.0, 3.0), "b": (5.0, 2.0)}
