"""Links that lose nothing; and wires that lose, repeat, stall and break, with the real ends of links on them.

Each direction between two processes is a link of its own here: two ends, a wire there, and one back for what
the ends say alone. A life is what worker/link.py and coordinator/server.py call a session: frames of a life
that the one who listens does not expect, or does not expect any more, are not heard.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple, Protocol

from cluster.model.clock import MICROSECOND, Instant
from cluster.model.ids import MId, ProgramId
from cluster.wire import messages as w
from cluster.wire.links import Hearing, LinkEnd

LOSS: Final = 0.02  # of the frames, while wires are bad
REPEATS: Final = 0.02

NEVER: Final = 1 << 62
NOBODY: Final = (-9, -9)  # the life of a link on which nothing was said
Life = tuple[int, int]


Address = bytes  # of a process

# Kinds of messages that carry goroutines. Tuples: a union that is written at its use is made anew at each.
_CARRY_MANY: Final = (w.Work, w.Give, w.ReleaseP, w.Inject)
_CARRY_ONE: Final = (w.Unfit, w.Back)


class Link:
    """From one process to another: FIFO, each message under way for a while."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.under_way: deque[tuple[int, MId, w.Message]] = deque()  # (due, the M that sent it, message)
        self._last = 0

    def put(self, now: int, source: MId, message: w.Message, to: MId) -> None:
        slow = self._rng.random() < 0.05
        delay = self._rng.randrange(10, 3000 if slow else 150) * MICROSECOND
        self._last = max(self._last, now + delay)
        self.under_way.append((self._last, source, message))

    def goroutines(self) -> list[tuple[ProgramId, int]]:
        """Those that are under way."""
        return [g for _, _, message in self.under_way for g in goroutines_in(message)]

    def due(self) -> int | None:
        return self.under_way[0][0] if self.under_way else None

    def take(self, now: int) -> list[tuple[MId, w.Message]]:
        """Some of what has come, at least one."""
        taken: list[tuple[MId, w.Message]] = []
        while self.under_way and self.under_way[0][0] <= now and (not taken or self._rng.random() < 0.9):
            taken.append(self.under_way.popleft()[1:])
        return taken


class Frame(NamedTuple):
    life: Life
    header: w.Numbered
    cargo: tuple[MId, w.Message] | None  # the M that says it, or NO_M; None for a word of the link itself
    due: int


class Wire:
    """From one process to another: FIFO, each frame under way for a while, if it is not lost."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.bad = True
        self.frames: deque[Frame] = deque()
        self._last = 0

    def put(self, now: int, frame: Frame) -> None:
        rng = self._rng
        if self.bad and rng.random() < LOSS:
            return
        slow = rng.random() < 0.05
        self._last = max(self._last, now + rng.randrange(10, 3000 if slow else 150) * MICROSECOND)
        frame = Frame(frame.life, frame.header, frame.cargo, self._last)  # a third of what _replace costs
        self.frames.append(frame)
        if self.bad and rng.random() < REPEATS:
            self.frames.append(frame)

    def stall(self, until: int) -> None:
        """Nothing arrives before."""
        self._last = max(self._last, until)
        self.frames = deque(frame._replace(due=max(frame.due, until)) for frame in self.frames)


class FaultyLink:
    """What one process says to another. The same calls as `cluster.Link` has, and `tend` for the ends."""

    def __init__(
        self,
        rng: Random,
        life: Callable[[MId, w.Message, MId], Life],
        expects: Callable[[Life], bool],
        heeds: Callable[[MId, w.Message], bool],
    ) -> None:
        """`life` of what M `source` says to M `to`, both perhaps NO_M; whether who listens `expects` that.

        `heeds`: whether who listens would act on a message of M `source`, were it to come.
        """
        self._rng = rng
        self._heeds = heeds
        self._life_of, self._expects = life, expects
        self.there, self.back = Wire(rng), Wire(rng)
        self.cut_until = 0
        self.deaf = False  # who listens is dead
        self.dumb = False  # who speaks is
        self.to_client = False  # who listens is a client that is there
        self.alarm = NEVER  # when `tend` has something to do
        self.heard: Life = (-1, 0)  # of the last frame that was taken
        self._begin(NOBODY)

    def _begin(self, life: Life) -> None:
        self.life = life
        self._out: LinkEnd[Frame] = LinkEnd(1)
        self._in: LinkEnd[Frame] = LinkEnd(1)
        self._last_carrier = 0  # the number of the last frame of this life with goroutines in it

    @property
    def under_way(self) -> list[tuple[int, MId, w.Message]]:
        """All that was said in this life and not heard."""
        taken = self._in._taken
        return [(f.due, *f.cargo) for f, _ in self._out._kept if f.cargo is not None and f.header.number > taken]

    def goroutines(self) -> list[tuple[ProgramId, int]]:
        """Those that are under way."""
        if self._last_carrier <= self._in._taken:
            return []
        return [g for _, _, message in self.under_way for g in goroutines_in(message)]

    def put(self, now: int, source: MId, message: w.Message, to: MId) -> None:
        life = self._life_of(source, message, to)
        if life != self.life:
            self._begin(life)
        frame = Frame(life, self._out.header(), (source, message), 0)
        if goroutines_in(message):
            self._last_carrier = frame.header.number
        if self._out.keep(frame, 1, Instant(now)):
            self._send(self.there, now, frame)
        self._set_alarm()

    def _send(self, wire: Wire, now: int, frame: Frame) -> None:
        if now >= self.cut_until:
            wire.put(now, frame)

    def due(self) -> int | None:
        return self.there.frames[0].due if self.there.frames else None

    def take(self, now: int) -> list[tuple[MId, w.Message]]:
        """Some of what has come; nothing, if that is not what is next."""
        taken: list[tuple[MId, w.Message]] = []
        frames = self.there.frames
        if not (frames and frames[0].due <= now) and not (self.dumb or self.deaf):
            return taken  # and the alarm is right: only who dies does not set it
        while frames and frames[0].due <= now:
            frame = frames.popleft()
            if not self.is_heard(frame):
                continue
            if self._in.hear(frame.header, frame.cargo is not None, 1, Instant(now)) is Hearing.TAKE:
                assert frame.cargo is not None
                assert self._expects(frame.life) or not self._heeds(*frame.cargo), (
                    f"what an earlier self was told, or said, is taken by the next: {frame.cargo[1]}"
                )
                self.heard = frame.life
                taken.append(frame.cargo)
            self._answer(now)
            if taken and self._rng.random() < 0.1:
                break
        self._set_alarm()
        return taken

    def is_heard(self, frame: Frame) -> bool:
        """Whether it is of this life of both."""
        return frame.life == self.life and self._expects(frame.life)

    def _answer(self, now: int) -> None:
        _, word = self._in.tend(Instant(now))
        if word is not None:
            self._send(self.back, now, Frame(self.life, word, None, 0))

    def _set_alarm(self) -> None:
        at = self.back.frames[0].due if self.back.frames else NEVER
        if not self.dumb and (due := self._out.deadline) is not None and due < at:
            at = due
        if not self.deaf and (due := self._in.deadline) is not None and due < at:
            at = due
        self.alarm = at

    def tend(self, now: int) -> None:
        """What the shells of the two processes do for their ends."""
        while self.back.frames and self.back.frames[0].due <= now:
            if (frame := self.back.frames.popleft()).life == self.life:
                self._out.hear(frame.header, False, 1, Instant(now))
        if not self.dumb:
            frames, word = self._out.tend(Instant(now))
            for frame in frames:
                self._send(self.there, now, frame)
            if word is not None:
                self._send(self.there, now, Frame(self.life, word, None, 0))
        if not self.deaf:
            self._answer(now)
        self._set_alarm()
        self._out.validate()
        self._in.validate()

    def cut(self, until: int) -> None:
        """The connection breaks: what is under way is lost. It comes again at `until`."""
        self.there.frames.clear()
        self.back.frames.clear()
        self.cut_until = max(self.cut_until, until)
        self._set_alarm()

    def stall(self, until: int) -> None:
        """Nothing arrives before."""
        self.there.stall(until)
        self.back.stall(until)
        self._set_alarm()

    def mend(self) -> None:
        """From now on it is a good link."""
        self.cut_until, self.there.bad, self.back.bad = 0, False, False


class Wires(Protocol):
    """Where other links come from than those that lose nothing; see storm.py."""

    def link(self, source: Address, to: Address) -> FaultyLink: ...

    def tend(self) -> None:
        """Called before each step."""
        ...

    def due(self) -> int:
        """When the links have something to do by themselves."""
        ...


def goroutines_in(message: w.Message) -> list[tuple[ProgramId, int]]:
    """Those that a message carries."""
    if isinstance(message, _CARRY_MANY):
        return [(record.program, record.goid) for record in message.records]
    if isinstance(message, _CARRY_ONE):
        return [(message.record.program, message.record.goid)]
    return []
