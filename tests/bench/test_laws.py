"""The fits give back what speed-ups were made of, and say how much they know."""

from math import inf

import pytest

from cluster.bench.laws import amdahl, best, fit, speedup, universal


def points(counts: tuple[int, ...], serial: float, crosstalk: float = 0.0) -> dict[int, float]:
    return {n: speedup(n, serial, crosstalk) for n in counts}


def test_amdahl_gives_the_serial_part_back() -> None:
    assert amdahl(points((1, 2), 0.05)) == pytest.approx(0.05)
    assert amdahl(points((1, 2, 4, 8), 0.2)) == pytest.approx(0.2)
    assert amdahl({1: 1.0, 2: 2.1}) < 0  # better than twice as fast


def test_one_p_alone_and_one_number_of_ps_more_do_not_suffice() -> None:
    with pytest.raises(ValueError, match="one P alone"):
        amdahl({1: 1.0})
    with pytest.raises(ValueError, match="cannot tell two parts apart"):
        universal({1: 1.0, 2: 1.9})


@pytest.mark.parametrize(("serial", "crosstalk"), [(0.03, 0.001), (0.0, 0.02), (0.1, 0.0)])
def test_the_universal_law_gives_both_parts_back(serial: float, crosstalk: float) -> None:
    assert universal(points((1, 2, 3, 4, 8), serial, crosstalk)) == pytest.approx((serial, crosstalk), abs=1e-9)


def test_no_part_of_the_universal_law_is_below_zero_and_the_other_then_fits_best() -> None:
    serial, crosstalk = universal({1: 1.0, 2: 1.6, 4: 3.0})  # the more Ps, the less each loses
    assert crosstalk == 0.0 and serial == pytest.approx(amdahl({1: 1.0, 2: 1.6, 4: 3.0}))
    assert universal({1: 1.0, 2: 2.5, 4: 6.0}) == (0.0, 0.0)


def test_more_ps_than_the_best_number_are_slower() -> None:
    most = best(0.02, 0.001)
    at = speedup(round(most), 0.02, 0.001)
    assert at > speedup(round(most) // 2, 0.02, 0.001) and at > speedup(2 * round(most), 0.02, 0.001)
    assert best(0.1, 0.0) == inf


def test_a_fit_over_rounds_has_a_spread() -> None:
    fits = fit([points((1, 2), serial) for serial in (0.04, 0.05, 0.07)])
    assert fits.serial is not None
    assert fits.serial.median == pytest.approx(0.05)
    assert fits.serial.interval == pytest.approx((0.04, 0.07))
    assert fits.curve(2) == pytest.approx(speedup(2, 0.05)) and fits.name == "Amdahl's"


def test_with_two_numbers_of_ps_only_the_sum_of_both_parts_is_known() -> None:
    fits = fit([points((1, 2), 0.04, 0.01)])
    assert fits.crosstalk is None and fits.error is None
    assert fits.serial is not None and fits.serial.median == pytest.approx(0.04 + 2 * 0.01)
    assert "From 1 and 2 Ps one number is known" in fits.knows() and "2 times the crosstalk" in fits.knows()
    assert not any("USL" in line for line in fits.says())


def test_with_three_the_parts_are_read_off_and_with_four_tested() -> None:
    three, four = fit([points((1, 2, 3), 0.04, 0.01)]), fit([points((1, 2, 3, 4), 0.04, 0.01)])
    assert three.error is None and "no third number" in three.knows()
    assert four.error == pytest.approx(0.0) and "tested" in four.knows()
    assert "most is reached with 10 Ps" in four.says()[1] and four.name == "universal"
    wild = fit([{1: 1.0, 2: 1.9, 3: 1.2, 4: 3.5}])
    assert wild.error is not None and wild.error > 0.3


def test_words_of_limits() -> None:
    assert "at most 20.0 times as fast" in fit([points((1, 2), 0.05)]).says()[0]
    assert "no limit is seen" in fit([{1: 1.0, 2: 2.2}]).says()[0]
    assert "more Ps make it slower" in fit([{1: 1.0, 2: 0.5}]).says()[0]
    assert "not told from none" in fit([{1: 1.0, 2: s} for s in (1.9, 1.99, 2.1)]).says()[0]
    nothing = fit([{1: 1.0}])
    assert nothing.says() == [] and nothing.curve(4) is None and "nothing can be fitted" in nothing.knows()
