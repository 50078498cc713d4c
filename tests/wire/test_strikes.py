"""Bad frames are counted by peer, and three are enough."""

from cluster.model.limits import STRIKES_MAX, STRIKES_PEERS_MAX
from cluster.wire.strikes import Strikes, Verdict


def test_the_first_is_told_the_next_is_counted_and_the_third_is_the_last() -> None:
    strikes = Strikes()
    assert [strikes.strike(b"peer") for _ in range(STRIKES_MAX)] == [Verdict.TELL, Verdict.COUNT, Verdict.CUT_OFF]
    assert strikes.is_out(b"peer")
    assert (strikes.total, strikes.cut_off) == (STRIKES_MAX, 1)


def test_strikes_of_one_peer_are_not_those_of_another() -> None:
    strikes = Strikes()
    for _ in range(STRIKES_MAX - 1):
        strikes.strike(b"a")
    assert strikes.strike(b"b") is Verdict.TELL
    assert not strikes.is_out(b"a") and not strikes.is_out(b"b") and not strikes.is_out(b"stranger")


def test_peers_that_come_under_ever_new_names_fill_no_memory() -> None:
    strikes = Strikes()
    for number in range(3 * STRIKES_PEERS_MAX):
        strikes.strike(b"%d" % number)
    assert len(strikes._of) == STRIKES_PEERS_MAX
    assert strikes.total == 3 * STRIKES_PEERS_MAX


def test_a_peer_that_goes_on_is_not_forgotten_for_those_that_come_and_go() -> None:
    strikes = Strikes()
    strikes.strike(b"peer")
    for number in range(STRIKES_PEERS_MAX - 1):
        strikes.strike(b"%d" % number)
    strikes.strike(b"peer")
    for number in range(STRIKES_PEERS_MAX - 1):
        strikes.strike(b"x%d" % number)
    assert strikes.strike(b"peer") is Verdict.CUT_OFF
