"""The shell of the coordinator: one socket, one poll, no decision. With keys a second socket, at its door.

Bytes become types here, once. A frame that is no message is counted and dropped, and logged the
first time for each peer; the third cuts the peer off.
Each peer has an end of a link, see cluster/wire/links.py: it comes back under its name when its connection
broke, and under the next session when it has begun anew. A peer that does not number is not numbered.
"""

import logging
import zlib
from collections.abc import Callable, Iterable
from typing import Final

import zmq

from cluster.launch import sockets
from cluster.launch.gate import Gate
from cluster.launch.sockets import readable
from cluster.model.clock import MILLISECOND, Clock, Instant
from cluster.model.errors import ProtocolError
from cluster.model.limits import PEER_FORGET_NS, PEERS_MAX, STRIKES_MAX
from cluster.wire.codec import Decoder, encode
from cluster.wire.links import Hearing, LinkEnd, split
from cluster.wire.messages import Message, Numbered, ToCoordinator
from cluster.wire.security import Pair
from cluster.wire.strikes import Strikes, Verdict
from coordinator.core.membership import PeerId
from coordinator.core.state import Command, Log, Send
from coordinator.core.step import Core

LINGER_MS: Final = 500  # for the last words to clients and workers
RECEIVE_MAX: Final = 256  # frames taken before the time is looked at again
_NEVER: Final = Instant(1 << 62)

log: Final = logging.getLogger("coordinator")


class Server:
    """Moves messages between the socket and the core, until the core is done or a wake fd is readable."""

    def __init__(
        self,
        core: Core,
        clock: Clock,
        address: str,
        wake_fds: Iterable[int],
        pair: Pair | None = None,
        clear: Callable[[], None] = lambda: None,
    ) -> None:
        """With `pair` nobody enters but those that `gate` lets in. `clear` removes what a lost client has left."""
        self._core: Final = core
        self._clear: Final = clear
        self._clock: Final = clock
        self._context: Final = zmq.Context()
        self.gate: Final = None if pair is None else Gate(self._context, patient=False)
        self._socket: Final = sockets.make(self._context, zmq.ROUTER, LINGER_MS)
        self._socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self.address: Final = sockets.bind(self._socket, address, pair)  # with the port that was found
        self._fds: Final = tuple(wake_fds)
        self._poller: Final = zmq.Poller()
        for source in (self._socket, *self._fds, *([] if self.gate is None else [self.gate.socket])):
            self._poller.register(source, zmq.POLLIN)
        self._decode: Final = Decoder(ToCoordinator, Numbered).decode
        self._strikes: Final = Strikes()
        self._ends: dict[PeerId, tuple[LinkEnd[bytes], Instant]] = {}  # and when it was heard; the silent ones first
        self._touched: dict[PeerId, None] = {}  # ends that may have something to do now
        self._due = _NEVER  # when some end has
        self._full: dict[PeerId, None] = {}  # peers that do not read what they are sent
        self._relieved = False  # one of them does again

    def run(self) -> None:
        """Serve until the end."""
        while not self._core.done:
            ready = dict(self._poller.poll(self._timeout_ms()))
            if any(fd in ready for fd in self._fds):
                break
            if self.gate is not None:
                self.gate.answer()
                self._core.state.turned_away = self.gate.refused
            self._perform(self._core.step(self._receive(), self._clock.now()))
            self._tend()
            if self._relieved:
                self._relieved = False
                self._perform(self._core.step([], self._clock.now()))
        self._perform(self._core.stop(self._clock.now()))
        self._socket.close()
        if self.gate is not None:
            self.gate.socket.close()
        self._context.term()

    def _timeout_ms(self) -> int | None:
        deadline = min(self._due, _NEVER if self._core.deadline is None else self._core.deadline)
        if deadline == _NEVER:
            return None
        return max(0, -(-(deadline - self._clock.now()) // MILLISECOND))

    # -- in

    def _receive(self) -> list[tuple[PeerId, ToCoordinator]]:
        received: list[tuple[PeerId, ToCoordinator]] = []
        now = self._clock.now()
        for _ in range(RECEIVE_MAX):
            if not readable(self._socket):
                break
            name, *frames = self._socket.recv_multipart()
            peer = PeerId(name)
            if self._strikes.is_out(peer):
                continue
            try:
                if len(frames) != 1:
                    raise ProtocolError(f"{len(frames)} frames where one was expected")
                header, messages = split(self._decode(frames[0]))
                if header is None or self._is_next(peer, header, bool(messages), len(frames[0]), now):
                    received += [(peer, message) for message in messages]  # type: ignore[misc]
            except ProtocolError as error:
                self._strike(peer, error)
        return received

    def _is_next(self, peer: PeerId, header: Numbered, says_something: bool, size: int, now: Instant) -> bool:
        """Whether the messages of this frame are to be taken."""
        known = self._ends.pop(peer, None)
        end = LinkEnd[bytes](header.session) if known is None or known[0].session < header.session else known[0]
        self._ends[peer] = end, now  # the one that was heard last stands last
        if len(self._ends) > PEERS_MAX:
            self._forget(next((old for old in self._ends if not self._core.knows(old)), peer))
        if header.session < end.session or peer not in self._ends:
            return False
        self._touched[peer] = None
        heard = end.hear(header, says_something, size, now)
        if heard is Hearing.BROKEN:
            del self._ends[peer]
            self._perform(self._core.cut_off(peer, now))
        return heard is Hearing.TAKE

    def _strike(self, peer: PeerId, error: ProtocolError) -> None:
        verdict = self._strikes.strike(peer)
        self._core.state.bad_frames += 1
        if verdict is Verdict.TELL:
            log.warning("bad frame dropped peer=%s error=%s", _short(peer), error)
        if verdict is Verdict.CUT_OFF:
            log.warning("peer cut off peer=%s strikes=%d", _short(peer), STRIKES_MAX)
            self._core.state.cut_off += 1
            self._perform(self._core.cut_off(peer, self._clock.now()))

    # -- out

    def _perform(self, commands: Iterable[Command]) -> None:
        """Carry out commands in their order; neighbours for one peer go in one frame."""
        batch: list[Message] = []
        gone: list[PeerId] = []
        to = PeerId(b"")
        for command in commands:
            if not isinstance(command, Send):
                if isinstance(command, Log):
                    log.warning("%s %s", command.phrase, " ".join(f"{k}={v}" for k, v in command.fields))
                else:
                    gone.append(command.peer)
                continue
            if command.peer != to and batch:
                self._send(to, batch)
                batch = []
            to = command.peer
            batch.append(command.message)
        if batch:
            self._send(to, batch)
        for peer in gone:
            self._forget(peer)
        if gone:
            self._clear()

    def _send(self, to: PeerId, messages: list[Message]) -> None:
        if (known := self._ends.get(to)) is None:
            self._socket.send_multipart((to, encode(messages)))
            return
        end = known[0]
        frame = encode([end.header(), *messages])
        if end.keep(frame, len(frame), self._clock.now()):
            self._socket.send_multipart((to, frame))
        self._look_at(to, end)

    def _tend(self) -> None:
        """Send what the links themselves have to say, and tell the core whose is full."""
        now = self._clock.now()
        if now >= self._due:
            self._due = _NEVER
            self._touched = dict.fromkeys(self._ends)
            self._forget_silent(now)
        touched, self._touched = self._touched, {}
        for peer in touched:
            if (known := self._ends.get(peer)) is None:
                continue
            frames, word = known[0].tend(now)
            for frame in frames:
                self._socket.send_multipart((peer, frame))
            if word is not None:
                self._socket.send_multipart((peer, encode([word])))
            self._look_at(peer, known[0])

    def _look_at(self, peer: PeerId, end: LinkEnd[bytes]) -> None:
        if (at := end.deadline) is not None and at < self._due:
            self._due = at
        if end.full != (peer in self._full):
            self._set_full(peer, end.full)

    def _forget_silent(self, now: Instant) -> None:
        while self._ends:
            peer, (_, heard_at) = next(iter(self._ends.items()))
            if now - heard_at < PEER_FORGET_NS:
                return
            self._forget(peer)

    def _forget(self, peer: PeerId) -> None:
        self._ends.pop(peer, None)
        if peer in self._full:
            self._set_full(peer, False)

    def _set_full(self, peer: PeerId, full: bool) -> None:
        if full:
            self._full[peer] = None
        else:
            del self._full[peer]
            self._relieved = True
        self._core.is_full(peer, full)


def _short(peer: bytes) -> str:
    """A word for a peer in the log: who reads it does not learn the name under which that peer comes back."""
    return f"{zlib.crc32(peer):08x}"
