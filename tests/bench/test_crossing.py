"""What is made of the moments of moves; tests/process/test_switch.py makes some."""

from cluster.bench.crossing import figures


def test_the_parts_of_a_move_add_up_to_the_whole() -> None:
    parts = figures([(1_000, 4_000, 6_000), (10_000, 11_000, 15_000)])
    assert parts["whole move"].samples == (5.0, 5.0)
    assert parts["on the way"].samples == (3.0, 1.0)
    assert parts["until it ran"].samples == (2.0, 4.0)
