"""Links over a transport that delays, loses, repeats and breaks: everything arrives once, in order, and is bounded."""

from collections import deque
from random import Random

import pytest

from cluster.model.clock import MILLISECOND, SECOND, Instant
from cluster.model.errors import ProtocolError
from cluster.model.limits import LINK_BYTES_MAX, LINK_FRAMES_MAX
from cluster.wire.links import (
    ACK_BYTES,
    ACK_DELAY_NS,
    ACK_FRAMES,
    ASK,
    MISSING,
    NOTHING,
    PROBE_MAX_NS,
    PROBE_NS,
    WINDOW_BYTES,
    Hearing,
    LinkEnd,
    split,
)
from cluster.wire.messages import Alive, Numbered, Told

T0 = Instant(1_000)
Frame = tuple[Numbered, str]  # "" says nothing


def later(ns: int) -> Instant:
    return Instant(T0 + ns)


class End:
    """A process at one end of a link."""

    def __init__(self) -> None:
        self.link: LinkEnd[Frame] = LinkEnd(1)
        self.out: deque[Frame] = deque()  # on the wire
        self.got: list[str] = []

    def say(self, text: str, now: Instant = T0, size: int = 10) -> None:
        frame = self.link.header(), text
        if self.link.keep(frame, size, now):
            self.out.append(frame)

    def hear(self, frame: Frame, now: Instant = T0, size: int = 10) -> Hearing:
        heard = self.link.hear(frame[0], bool(frame[1]), size, now)
        if heard is Hearing.TAKE:
            self.got.append(frame[1])
        self.tend(now)
        return heard

    def tend(self, now: Instant = T0) -> Numbered | None:
        frames, word = self.link.tend(now)
        self.out.extend(frames)
        if word is not None:
            self.out.append((word, ""))
        self.link.validate()
        return word


@pytest.fixture
def ends() -> tuple[End, End]:
    return End(), End()


def pass_all(source: End, to: End, now: Instant = T0) -> None:
    while source.out:
        to.hear(source.out.popleft(), now)


def test_what_is_said_is_taken_in_order_and_acknowledged_by_what_is_answered(ends: tuple[End, End]) -> None:
    a, b = ends
    a.say("one")
    a.say("two")
    pass_all(a, b)
    assert b.got == ["one", "two"] and not b.out
    b.say("three")
    assert b.out[0][0] == Numbered(1, 1, 2, NOTHING)
    pass_all(b, a)
    assert a.link.unacknowledged == 0


def test_who_has_nothing_to_say_acknowledges_after_a_while(ends: tuple[End, End]) -> None:
    a, b = ends
    a.say("one")
    pass_all(a, b)
    assert b.link.deadline == later(ACK_DELAY_NS)
    assert b.tend(later(ACK_DELAY_NS - 1)) is None
    assert b.tend(later(ACK_DELAY_NS)) == Numbered(1, 0, 1, NOTHING)
    pass_all(b, a)
    assert a.link.unacknowledged == 0 and a.link.deadline is None and b.link.deadline is None


def test_many_frames_or_bytes_are_acknowledged_at_once(ends: tuple[End, End]) -> None:
    a, b = ends
    for _ in range(ACK_FRAMES):
        a.say("x")
    pass_all(a, b)
    assert b.out.pop() == (Numbered(1, 0, ACK_FRAMES, NOTHING), "")
    a.say("long", size=ACK_BYTES)
    b.hear(a.out.popleft(), size=ACK_BYTES)
    assert b.out.pop() == (Numbered(1, 0, ACK_FRAMES + 1, NOTHING), "")


def test_a_gap_is_told_once_and_all_that_comes_after_it_is_sent_again(ends: tuple[End, End]) -> None:
    a, b = ends
    for text in ("one", "two", "three", "four"):
        a.say(text)
    a.out.popleft()
    pass_all(a, b)
    assert b.got == []
    assert list(b.out) == [(Numbered(1, 0, 0, MISSING), "")]
    pass_all(b, a)
    assert a.link.again == 4
    pass_all(a, b)
    assert b.got == ["one", "two", "three", "four"]


def test_what_comes_twice_is_taken_once_and_acknowledged_again(ends: tuple[End, End]) -> None:
    a, b = ends
    a.say("one")
    a.out.append(a.out[0])
    assert [b.hear(a.out.popleft()) for _ in range(2)] == [Hearing.TAKE, Hearing.DROP]
    assert b.got == ["one"] and b.link.twice == 1
    assert b.out.pop() == (Numbered(1, 0, 1, NOTHING), "")


def test_without_an_acknowledgement_the_other_side_is_asked_more_and_more_seldom(ends: tuple[End, End]) -> None:
    a, b = ends
    a.say("lost")
    a.out.clear()
    now, waits = T0, []
    for _ in range(6):
        at = a.link.deadline
        assert at is not None
        waits.append(at - now)
        now = at
        assert a.tend(now) == Numbered(1, 1, 0, ASK)
    assert waits == [PROBE_NS, 2 * PROBE_NS, 4 * PROBE_NS, PROBE_MAX_NS, PROBE_MAX_NS, PROBE_MAX_NS]
    b.hear(a.out.pop(), now)
    a.out.clear()
    pass_all(b, a, now)
    pass_all(a, b, now)
    assert b.got == ["lost"]


def test_a_lost_acknowledgement_is_asked_for_and_nothing_is_sent_again(ends: tuple[End, End]) -> None:
    a, b = ends
    a.say("one")
    pass_all(a, b)
    b.tend(later(ACK_DELAY_NS))
    b.out.clear()
    a.tend(later(PROBE_NS))
    pass_all(a, b, later(PROBE_NS))
    pass_all(b, a, later(PROBE_NS))
    assert a.link.unacknowledged == 0 and a.link.again == 0


def test_a_peer_that_does_not_read_fills_the_window_and_then_its_sender_is_told_to_wait(ends: tuple[End, End]) -> None:
    a, b = ends
    size, said = 1 << 20, 0
    while not a.link.full:
        a.say("x", size=size)
        said += 1
    assert said == LINK_BYTES_MAX // size
    assert len(a.out) == WINDOW_BYTES // size, "the rest is not under way"
    now = T0
    while len(b.got) < said:
        pass_all(a, b, now)
        now = Instant(now + ACK_DELAY_NS)
        b.tend(now)
        pass_all(b, a, now)
    assert not a.link.full and a.link.again == 0


def test_many_small_frames_fill_a_link_too(ends: tuple[End, End]) -> None:
    a, _ = ends
    for _ in range(LINK_FRAMES_MAX):
        assert not a.link.full
        a.say("x", size=1)
    assert a.link.full


def test_one_frame_may_be_longer_than_the_window(ends: tuple[End, End]) -> None:
    a, b = ends
    a.say("long", size=10 * LINK_BYTES_MAX)
    assert a.link.full
    pass_all(a, b)
    assert b.got == ["long"]


def test_who_has_forgotten_what_it_acknowledged_is_not_who_it_was(ends: tuple[End, End]) -> None:
    a, b = ends
    a.say("one")
    pass_all(a, b)
    b.tend(later(ACK_DELAY_NS))
    pass_all(b, a)
    stranger = End()
    a.say("two")
    stranger.hear(a.out.popleft())
    assert a.link.hear(stranger.out.popleft()[0], False, 0, T0) is Hearing.BROKEN


def test_an_acknowledgement_of_what_was_not_sent_is_refused(ends: tuple[End, End]) -> None:
    a, _ = ends
    with pytest.raises(ProtocolError, match="acknowledges 3 frames, and 0 were sent"):
        a.link.hear(Numbered(1, 1, 3, NOTHING), True, 1, T0)


def test_a_number_stands_first_in_its_frame_or_not_at_all() -> None:
    number = Numbered(1, 1, 0, NOTHING)
    assert split([number, Alive()]) == (number, [Alive()])
    assert split([Told(1)]) == (None, [Told(1)])
    assert split([]) == (None, [])
    with pytest.raises(ProtocolError, match="not its first message"):
        split([number, number])


def test_under_any_loss_repetition_and_delay_all_is_taken_once_in_order(rng: Random) -> None:
    """Both sides talk, the wire is cut and loses what is on it; when that ends, both have heard everything."""
    for _ in range(60):
        seed = rng.getrandbits(32)
        world = Random(seed)
        a, b = End(), End()
        sides, now, said = ((a, b), (b, a)), T0, {id(a): 0, id(b): 0}
        for turn in range(400):
            calm = turn >= 200
            source, to = world.choice(sides)
            match world.choice(["say", "move", "move", "move", "wait", "cut", "repeat"]):
                case "say" if not calm:
                    said[id(source)] += 1
                    source.say(str(said[id(source)]), now, world.randrange(1, 2 * WINDOW_BYTES))
                case "move" if source.out:
                    to.hear(source.out.popleft(), now)
                case "wait":
                    now = Instant(now + world.randrange(300) * MILLISECOND)
                    source.tend(now)
                case "cut" if not calm and world.random() < 0.3:
                    a.out.clear()
                    b.out.clear()
                case "repeat" if not calm and source.out:
                    source.out.appendleft(source.out[0])
        for _ in range(20):
            now = Instant(now + SECOND)
            for source, to in sides:
                source.tend(now)
                pass_all(source, to, now)
        for source, to in sides:
            assert to.got == [str(n + 1) for n in range(said[id(source)])], f"seed {seed}"
            assert source.link.unacknowledged == 0 and source.link.deadline is None, f"seed {seed}"
