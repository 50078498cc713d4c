"""What is made of the answers of a rung's process; tests/process/test_switch.py starts some."""

import pytest

from cluster.bench.sampling import Reading, UnavailableError
from cluster.bench.served import PARTIES, reading_of, served


def test_an_answer_is_a_reading() -> None:
    assert reading_of("1000 2500000 1003\n") == Reading(1000, 2_500_000, 1003)
    assert reading_of("1000 2500000 -1\n") == Reading(1000, 2_500_000, None)
    assert reading_of("") is None


def test_an_answer_may_say_why_there_is_none() -> None:
    with pytest.raises(UnavailableError, match=r"^this system has no eventfd$"):
        reading_of("! this system has no eventfd\n")


def test_a_rung_says_what_is_expected_and_taken_off() -> None:
    rung = served("OS process by pipe", [*PARTIES, "pipe_process", "0", "0"], switches=1.0, baseline="own pipe")
    assert (rung.name, rung.switches, rung.baseline) == ("OS process by pipe", 1.0, "own pipe")
