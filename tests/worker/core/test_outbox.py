"""What may leave when: first in, first out to each, and nothing overtakes what takes effect elsewhere."""

from hypothesis import given
from hypothesis import strategies as st

from cluster.model.clock import Instant, after
from cluster.model.ids import MId, ProgramId
from cluster.wire.messages import Drop, Message, Output
from worker.core.outbox import COORDINATOR, PATIENCE_NS, Outbox

A, B, C = MId(1), MId(2), MId(3)
PROGRAM = ProgramId(1)


def word(n: int) -> Message:
    """Any message: here they are told apart by a number."""
    return Drop(ProgramId(n))


def left(outbox: Outbox) -> list[tuple[MId, object]]:
    """What leaves: to whom, and its number or its text."""
    return [(to, m.data if isinstance(m, Output) else m[0]) for to, m in outbox.release()]


def test_messages_that_wait_for_their_answer_anyway_leave_at_once_and_in_order() -> None:
    outbox = Outbox()
    outbox.post(A, word(1))
    outbox.post(B, word(2))
    outbox.post(A, word(3))
    assert len(outbox) == 3
    assert left(outbox) == [(A, 1), (B, 2), (A, 3)]
    assert left(outbox) == [] and len(outbox) == 0


def test_what_is_patient_may_wait_for_a_while_and_with_nothing_else() -> None:
    outbox = Outbox()
    assert not outbox.may_wait(Instant(0)), "there is nothing"
    outbox.post_patient(A, word(1), Instant(100))
    outbox.post_patient(B, word(2), Instant(200))
    assert outbox.may_wait(Instant(200)) and not outbox.may_wait(after(Instant(100), PATIENCE_NS))
    outbox.post(A, word(3))
    assert not outbox.may_wait(Instant(200))
    assert left(outbox) == [(A, 1)] and outbox.owed == [A]
    outbox.post_patient(B, word(4), Instant(300))
    assert not outbox.may_wait(Instant(300)), "what is held back has waited enough"
    outbox.told(A, 1)
    assert left(outbox) == [(B, 2), (B, 4)]
    outbox.told(B, 2)
    assert left(outbox) == [(A, 3)]


def test_what_is_printed_does_not_wait_behind_the_patient() -> None:
    outbox = Outbox()
    outbox.post_patient(A, word(1), Instant(0))
    outbox.output(PROGRAM, 1, b"x")
    assert not outbox.may_wait(Instant(0))


def test_nothing_reaches_others_before_a_no_wait_message_has_taken_effect() -> None:
    outbox = Outbox()
    outbox.post_nowait(A, word(1))
    outbox.post(B, word(2))
    assert left(outbox) == [(A, 1)] and outbox.owed == [A]
    outbox.post(B, word(3))
    assert left(outbox) == []
    outbox.told(A, 1)
    assert left(outbox) == [(B, 2), (B, 3)] and outbox.owed == []


def test_what_goes_to_whoever_owes_need_not_wait() -> None:
    outbox = Outbox()
    outbox.post_nowait(A, word(1))
    outbox.post_nowait(A, word(2))
    outbox.post(A, word(3))
    assert left(outbox) == [(A, 1), (A, 2), (A, 3)]
    outbox.told(A, 1)
    outbox.post(B, word(4))
    assert left(outbox) == [], "one of the two has not taken effect"
    outbox.told(A, 2)
    assert left(outbox) == [(B, 4)]


def test_a_no_wait_message_that_waits_holds_back_all_that_comes_later() -> None:
    outbox = Outbox()
    outbox.post_nowait(A, word(1))
    outbox.post_nowait(B, word(2))
    outbox.post(A, word(3))
    assert left(outbox) == [(A, 1)]
    outbox.told(A, 1)
    assert left(outbox) == [(B, 2)], "3 must not be seen without 2"
    outbox.told(B, 1)
    assert left(outbox) == [(A, 3)]


def test_order_to_each_destination_is_kept_by_what_waits() -> None:
    outbox = Outbox()
    outbox.post_nowait(A, word(1))
    outbox.post(B, word(2))
    outbox.post(A, word(3))
    outbox.post(B, word(4))
    assert left(outbox) == [(A, 1), (A, 3)]
    outbox.told(A, 1)
    assert left(outbox) == [(B, 2), (B, 4)]


def test_an_old_count_takes_nothing_back() -> None:
    outbox = Outbox()
    outbox.post_nowait(A, word(1))
    outbox.post_nowait(A, word(2))
    outbox.release()
    outbox.told(A, 2)
    outbox.told(A, 1)
    assert outbox.owed == []


def test_neighbouring_lines_of_one_stream_leave_as_one_message_and_are_owed_once() -> None:
    outbox = Outbox()
    for stream, data in ((1, b"a\n"), (1, b"b\n"), (2, b"!\n"), (1, b"c\n")):
        outbox.output(PROGRAM, stream, data)
    assert outbox.printed == 8
    assert left(outbox) == [(COORDINATOR, b"a\nb\n"), (COORDINATOR, b"!\n"), (COORDINATOR, b"c\n")]
    assert outbox.printed == 0
    outbox.told(COORDINATOR, 3)
    assert outbox.owed == []


def test_lines_are_not_moved_over_other_messages_to_the_coordinator() -> None:
    outbox = Outbox()
    outbox.output(PROGRAM, 1, b"a\n")
    outbox.post(COORDINATOR, word(9))
    outbox.output(PROGRAM, 1, b"b\n")
    assert left(outbox) == [(COORDINATOR, b"a\n"), (COORDINATOR, 9), (COORDINATOR, b"b\n")]


def test_nothing_waits_for_an_m_that_is_gone_and_nothing_goes_there() -> None:
    outbox = Outbox()
    outbox.post_nowait(A, word(1))
    outbox.release()
    outbox.post(A, word(2))
    outbox.post(B, word(3))
    outbox.forget(A)
    assert left(outbox) == [(B, 3)]


def test_what_a_helper_thread_prints_while_an_m_is_forgotten_stays_behind_what_was_there() -> None:
    outbox = Outbox()

    class Prints:
        """A destination; when it is compared the other thread prints."""

        def __ne__(self, other: object) -> bool:
            if len(outbox) < 3:
                outbox.post(COORDINATOR, word(4))
            return True

    outbox.post(COORDINATOR, word(1))
    outbox.post(COORDINATOR, word(2))
    outbox._entries[0] = outbox._entries[0]._replace(to=Prints())  # type: ignore[arg-type]  # stands in for one
    outbox.forget(A)
    assert [entry.message for entry in outbox._entries] == [word(1), word(2), word(4)]


@given(st.lists(st.tuples(st.sampled_from([A, B, C, COORDINATOR]), st.booleans(), st.integers(0, 3)), max_size=40))
def test_whatever_is_posted_leaves_once_in_order_and_never_beside_an_unacknowledged_one(
    story: list[tuple[MId, bool, int]],
) -> None:
    """Peers acknowledge at any moment; at the end they do, and everything has left."""
    outbox, sent = Outbox(), list[tuple[MId, int]]()
    posted, arrived = list[tuple[MId, int, bool]](), dict.fromkeys([A, B, C, COORDINATOR], 0)

    def release() -> None:
        for to, m in outbox.release():
            number = m[0]
            assert isinstance(number, int)
            held = {
                who for who, n, nowait in posted if nowait and n < number and (who, n) in sent and (who, n) not in done
            }
            assert held <= {to}, "it reaches somebody before an earlier one has taken effect"
            sent.append((to, number))

    done: dict[tuple[MId, int], None] = {}

    def acknowledge(who: MId) -> None:
        for to, n, nowait in posted:
            if to == who and nowait and (to, n) in sent and (to, n) not in done:
                done[to, n] = None
                arrived[who] += 1
        outbox.told(who, arrived[who])

    for number, (to, nowait, then) in enumerate(story):
        (outbox.post_nowait if nowait else outbox.post)(to, word(number))
        posted.append((to, number, nowait))
        if then == 1:
            release()
        elif then == 2:
            acknowledge(to)
    for _ in range(len(story) + 1):
        release()
        for who in arrived:
            acknowledge(who)
    assert sorted(n for _, n in sent) == list(range(len(story)))
    for who in arrived:
        assert [n for to, n in sent if to == who] == [n for to, n, _ in posted if to == who]
