"""One end of a link between two processes: frames are numbered, acknowledged, sent again, and taken once, in order.

Why.        A connection may break and come again, and with it goes what was under way, in the kernel or in ZeroMQ's
            queues. The protocol above is built on links that lose nothing: this makes them.
Numbers.    Each frame that says something begins with Numbered: its number, and how many frames of the other side
            were taken here. So an acknowledgement costs no frame while both sides talk; else one says it alone
            after ACK_DELAY_NS, or ACK_FRAMES frames, or ACK_BYTES bytes.
Loss.       Who sees a gap says so (MISSING), and all that comes after it is sent again, in order (go-back-N: with a
            reliable transport below, what follows a gap is a gap, too). Who has waited PROBE_NS for an
            acknowledgement asks (ASK), more and more seldom: the other side has been away, or the last frames are lost.
Twice.      What was taken is not taken again. It is acknowledged again: that word may be what was lost.
Bounds.     At most WINDOW_BYTES are under way and not acknowledged. What is said beyond that is kept and sent
            later; `full` tells who says it to wait, so that a peer that does not read slows its sender.
Sessions.   A process that begins anew under the same address (an M that was fenced off) counts from 1 under another
            session, and what belongs to an earlier one is dropped by whoever owns the ends.
Forgotten.  Who says that it misses the first frame, after it had acknowledged some, is not who it was: BROKEN.
Rejected.   A checksum (the transports have theirs). Selective repeat: more words, for gaps that do not happen.
Sources.    TCP: RFC 9293, 3.8; delayed acknowledgements: RFC 1122, 4.2.3.2.
"""

from collections import deque
from collections.abc import Sequence
from enum import Enum
from typing import Final, Generic, TypeVar

from cluster.model.clock import MILLISECOND, SECOND, Instant, after
from cluster.model.errors import ProtocolError
from cluster.model.limits import LINK_BYTES_MAX, LINK_FRAMES_MAX
from cluster.wire.messages import Message, Numbered

WINDOW_BYTES: Final = LINK_BYTES_MAX // 2  # so `full` has a meaning beyond what is under way
WINDOW_FRAMES: Final = LINK_FRAMES_MAX // 2
ACK_FRAMES: Final = 64
ACK_BYTES: Final = 1 << 20
ACK_DELAY_NS: Final = 40 * MILLISECOND  # TCP's usual one
PROBE_NS: Final = 250 * MILLISECOND  # half a renewal: a lost frame costs no lease
PROBE_MAX_NS: Final = 1 * SECOND  # a lease lasts three times that

NOTHING, ASK, MISSING = 0, 1, 2  # `say` of Numbered

F = TypeVar("F")


class Hearing(Enum):
    """What to do with the messages of a frame that came."""

    TAKE = "take"
    DROP = "drop"  # it was taken before, or one before it is missing, or it says nothing
    BROKEN = "broken"  # the other side has forgotten this link


def split(messages: list[Message]) -> tuple[Numbered | None, list[Message]]:
    """A frame's number and its messages; None for one of a peer that does not number: a hand that tries something.

    Raises ProtocolError for a number that is not the first.
    """
    first = messages[0] if messages else None
    numbered = isinstance(first, Numbered)
    said = messages[1:] if numbered else messages
    for message in said:
        if message.__class__ is Numbered:
            raise ProtocolError("a frame has a number that is not its first message")
    return (first if isinstance(first, Numbered) else None), said


class LinkEnd(Generic[F]):
    """One end. `F` is a frame as the transport takes it. Both ends quote the same `session`."""

    def __init__(self, session: int) -> None:
        self.session: Final = session
        self.again = 0  # frames that were sent again, for those who watch
        self.twice = 0  # and that came again
        self._kept: deque[tuple[F, int]] = deque()  # (frame, bytes), said and not acknowledged, oldest first
        self._acked = 0  # how many were; so the number of the first in _kept is one more
        self._sent = 0  # the number of the last one that is under way
        self._bytes = 0  # of _kept
        self._flying = 0  # bytes of those under way
        self._highest = 0  # the number of the last one that ever was
        self._taken = 0  # frames of the other side
        self._told = 0  # how many of these it was told of
        self._untold_bytes = 0
        self._tell_at: Instant | None = None
        self._answer = False
        self._missing = False
        self._missed_after = -1  # the gap that was told of
        self._missed_at = Instant(0)  # and when
        self._probe_at: Instant | None = None
        self._probe_ns = PROBE_NS

    # -- out

    def header(self) -> Numbered:
        """What the next frame begins with. It is to be given to `keep`."""
        return self._header(self._acked + len(self._kept) + 1, NOTHING)

    def keep(self, frame: F, size: int, now: Instant) -> bool:
        """Keep a frame until it is acknowledged; whether it is to be sent now, or by `tend` later."""
        number = self._acked + len(self._kept) + 1
        self._kept.append((frame, size))
        self._bytes += size
        if self._sent + 1 != number or not self._may_fly(size):
            return False
        self._fly(number, size, now)
        return True

    @property
    def full(self) -> bool:
        """Whether to say no more for now."""
        return self._bytes >= LINK_BYTES_MAX or len(self._kept) >= LINK_FRAMES_MAX

    @property
    def unacknowledged(self) -> int:
        """How many frames are kept."""
        return len(self._kept)

    def _may_fly(self, size: int) -> bool:
        if self._sent == self._acked:
            return True  # alone, however long it is
        return self._flying + size <= WINDOW_BYTES and self._sent - self._acked < WINDOW_FRAMES

    def _fly(self, number: int, size: int, now: Instant) -> None:
        self._sent = number
        self._highest = max(self._highest, number)
        self._flying += size
        if self._probe_at is None:
            self._probe_at = after(now, self._probe_ns)

    def _header(self, number: int, say: int) -> Numbered:
        self._told, self._untold_bytes, self._tell_at = self._taken, 0, None
        self._answer = False
        return Numbered(self.session, number, self._taken, say)

    # -- in

    def hear(self, header: Numbered, says_something: bool, size: int, now: Instant) -> Hearing:
        """A frame came, of this session. Call `tend` afterwards."""
        if header.taken > self._highest:
            raise ProtocolError(f"a frame acknowledges {header.taken} frames, and {self._highest} were sent")
        if header.say == MISSING and header.taken == 0 and self._acked:
            return Hearing.BROKEN
        self._acknowledged(header.taken, now)
        if header.say == MISSING and header.taken == self._acked:
            self._sent, self._flying = self._acked, 0
        if not says_something:
            if header.number > self._taken:
                self._miss(header.say == ASK, now)
            self._answer |= header.say == ASK
            return Hearing.DROP
        if header.number == self._taken + 1:
            self._taken += 1
            self._untold_bytes += size
            if self._tell_at is None:
                self._tell_at = after(now, ACK_DELAY_NS)
            return Hearing.TAKE
        if header.number <= self._taken:
            self.twice += 1
            self._answer = True
        else:
            self._miss(False, now)
        return Hearing.DROP

    def _acknowledged(self, taken: int, now: Instant) -> None:
        if taken <= self._acked:
            return
        while self._acked < taken:
            _, size = self._kept.popleft()
            self._acked += 1
            self._bytes -= size
            if self._acked <= self._sent:
                self._flying -= size
        self._sent = max(self._sent, self._acked)
        self._probe_ns = PROBE_NS
        self._probe_at = after(now, PROBE_NS) if self._sent > self._acked else None

    def _miss(self, asked: bool, now: Instant) -> None:
        """A frame is missing. It is told once, again if that word seems lost, and whenever the other side asks."""
        if asked or self._missed_after != self._taken or now >= after(self._missed_at, PROBE_NS):
            self._missing, self._missed_after, self._missed_at = True, self._taken, now

    # -- time

    @property
    def deadline(self) -> Instant | None:
        """When `tend` has something to do next though nothing came."""
        if self._tell_at is None or self._probe_at is None:
            return self._probe_at if self._tell_at is None else self._tell_at
        return min(self._tell_at, self._probe_at)

    def tend(self, now: Instant) -> tuple[Sequence[F], Numbered | None]:
        """What is to be sent now: frames, then a header that says something alone."""
        frames: list[F] = []
        said = self._acked + len(self._kept)
        if self._sent < said:
            for number in range(self._sent + 1, said + 1):
                frame, size = self._kept[number - self._acked - 1]
                if not self._may_fly(size):
                    break
                self.again += number <= self._highest
                self._fly(number, size, now)
                frames.append(frame)
        return frames, self._word(now)

    def _word(self, now: Instant) -> Numbered | None:
        if self._missing:
            self._missing = False
            return self._header(self._sent, MISSING)
        if self._probe_at is not None and now >= self._probe_at:
            self._probe_ns = min(2 * self._probe_ns, PROBE_MAX_NS)
            self._probe_at = after(now, self._probe_ns)
            return self._header(self._sent, ASK)
        untold = self._taken - self._told
        late = self._tell_at is not None and now >= self._tell_at
        if self._answer or late or untold >= ACK_FRAMES or self._untold_bytes >= ACK_BYTES:
            return self._header(self._sent, NOTHING)
        return None

    def validate(self) -> None:
        """Raises AssertionError when an invariant does not hold."""
        assert self._acked <= self._sent <= self._acked + len(self._kept)
        assert self._bytes == sum(size for _, size in self._kept)
        flying = [size for _, size in self._kept][: self._sent - self._acked]
        assert self._flying == sum(flying)
        assert self._told <= self._taken
        assert (self._probe_at is not None) >= (self._sent > self._acked)
