"""What may leave this M when: causal order across Ms.

Rule.       An operation that never waits (add, done, close, unlock …) and a line of output have
            taken effect when their home says so (`Told`). Until then nothing that this M does later
            may reach anybody else, lest somebody who was told later sees the world without it: a
            `done` before its `add`, an answer on the screen before its question. Goroutines do not
            wait for that; only this queue does.
Order.      First in, first out to each destination. What goes to the home that owes the
            acknowledgement need not wait for it: that link is ordered anyway.
Patient.    That the counter of a wait group changed can wait for PATIENCE_NS: then a thousand short goroutines that
            are done cost ten messages, not a thousand. If anything else was posted, nothing waits.
Threads.    The main thread posts at any time; `release` is called under the shell's lock, by either
            thread. It takes entries from the left one by one and puts back what must wait, so that
            a concurrent post, on the right, is neither lost nor reordered.
Rejected.   Vector clocks: each message would carry one number per M, to save a round trip that only
            happens when an M speaks to two others in a row.
"""

from collections import deque
from typing import Final, NamedTuple

from cluster.model.clock import MICROSECOND, Instant
from cluster.model.ids import MId, ProgramId
from cluster.wire.messages import Message, Output

COORDINATOR: Final = MId(-1)  # as a destination
PATIENCE_NS: Final = 500 * MICROSECOND  # as results of tasks have


class Entry(NamedTuple):
    """A message on its way out. `nowait`: what comes after it at others waits for its Told."""

    to: MId
    message: Message
    nowait: bool


class Outbox:
    """Messages of this M in the order in which it caused them."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._sent: dict[MId, int] = {}  # no-wait messages sent to each destination
        self._told: dict[MId, int] = {}  # of these, how many have taken effect
        self.printed = 0  # bytes of output posted and not released
        self._urgent = 0  # entries that are not patient
        self._patient_since = Instant(0)

    def __len__(self) -> int:
        return len(self._entries)

    def post(self, to: MId, message: Message) -> None:
        """Send when everything that this M caused before has taken effect."""
        self._urgent += 1
        self._entries.append(Entry(to, message, False))

    def post_nowait(self, to: MId, message: Message) -> None:
        """The same, and hold back what comes later until this has taken effect."""
        self._urgent += 1
        self._entries.append(Entry(to, message, True))

    def post_patient(self, to: MId, message: Message, now: Instant) -> None:
        """The same, and `to` need not hear of it at once."""
        if not self._entries:
            self._patient_since = now
        self._entries.append(Entry(to, message, True))

    def may_wait(self, now: Instant) -> bool:
        """Whether all that is here has time."""
        return bool(self._entries) and not self._urgent and now - self._patient_since < PATIENCE_NS

    def output(self, program: ProgramId, stream: int, data: bytes) -> None:
        """Print: a no-wait operation on the coordinator."""
        size = len(data)
        self.printed += size  # with no call in between, where another thread could count, too
        self._urgent += 1
        self._entries.append(Entry(COORDINATOR, Output(program, stream, data), True))

    def told(self, by: MId, count: int) -> None:
        """The first `count` no-wait messages to `by` have taken effect."""
        self._told[by] = max(count, self._told.get(by, 0))

    def forget(self, gone: MId) -> None:
        """An M is gone: nothing goes there any more, and nothing waits for it."""
        self._told[gone] = self._sent.get(gone, 0)
        kept = [entry for _ in range(len(self._entries)) if (entry := self._entries.popleft()).to != gone]
        self._entries.extendleft(reversed(kept))  # before what a helper thread has printed meanwhile

    @property
    def owed(self) -> list[MId]:
        """Destinations that have not yet told of everything, in the order of the first message to them."""
        return [to for to, sent in self._sent.items() if sent > self._told.get(to, 0)]

    def release(self) -> list[tuple[MId, Message]]:
        """All that may leave now, in order; neighbouring output of one stream is made one message."""
        if not self._entries:
            return []
        self._urgent = 0
        leaving: list[tuple[MId, Message]] = []
        kept: list[Entry] = []
        owing = dict.fromkeys(self.owed)
        blocked: dict[MId, None] = {}  # destinations that have an entry waiting
        shut = False  # a no-wait entry waits: everything after it does
        printing: list[Output] = []  # one after the other, of one stream
        while self._entries:
            entry = self._entries.popleft()
            if shut or entry.to in blocked or any(to != entry.to for to in owing):
                kept.append(entry)
                blocked[entry.to] = None
                shut = shut or entry.nowait
                continue
            message = entry.message
            if printing and not _same_stream(printing[0], message):
                leaving.append((COORDINATOR, _joined(printing)))
                printing = []
            if entry.nowait and not printing:
                self._sent[entry.to] = self._sent.get(entry.to, 0) + 1
                owing[entry.to] = None
            if isinstance(message, Output):
                size = len(message.data)
                self.printed -= size  # as above
                printing.append(message)
            else:
                leaving.append((entry.to, message))
        if printing:
            leaving.append((COORDINATOR, _joined(printing)))
        self._urgent += len(kept)  # they have waited long enough
        self._entries.extendleft(reversed(kept))
        return leaving


def _same_stream(output: Output, message: Message) -> bool:
    return isinstance(message, Output) and (message.program, message.stream) == (output.program, output.stream)


def _joined(outputs: list[Output]) -> Output:
    return outputs[0]._replace(data=b"".join(output.data for output in outputs))
