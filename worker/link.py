"""The sockets of one M: to the coordinator, from other Ms, to other Ms.

Each pair of processes has one ordered link; see cluster/wire/links.py. Between Ms it is two connections, one per
direction, and what goes one way acknowledges what came the other. Messages for one peer that leave together
go in one frame. Whoever holds the shell's lock uses the sockets; ZeroMQ's own are not safe to share.
With keys, who sends to an M has proved which M it is: the roster says whose key is whose, the gate asks for it, and a
frame that names another M than its key does is dropped.
Who is who. A socket names itself by a word that nobody can guess, and under which it comes back when its
connection broke. On the link to the coordinator an M that begins anew (RegisterM) begins a new session; between
Ms the session is the id of the M that is spoken to: what was meant for an earlier self of it is dropped.
"""

import os
import secrets
from collections import deque
from collections.abc import Iterable
from typing import Final

import zmq

from cluster.launch import sockets
from cluster.launch.gate import Gate
from cluster.launch.sockets import readable
from cluster.model.clock import MILLISECOND, Clock, Instant
from cluster.model.errors import ClusterError, ProtocolError
from cluster.model.ids import NO_M, NO_P, Epoch, MId
from cluster.model.limits import VISITORS_MAX
from cluster.wire.codec import Decoder, encode
from cluster.wire.links import Hearing, LinkEnd, split
from cluster.wire.messages import BadFrame, BetweenMs, Fenced, Message, Numbered, Peer, RegisterM, Told, ToM
from cluster.wire.security import Keys, check_endpoint, is_key
from cluster.wire.strikes import Strikes, Verdict
from worker.core.outbox import COORDINATOR

LINGER_MS: Final = 100  # for the last words of an M that ends; nobody may be there to hear them
DIGITS_MAX: Final = 18  # of the number of an M: it fits 64 bits
_ME: Final = b"m%d."  # how an M calls itself on the link to another; then the word
_FORGOTTEN: Final = Fenced(NO_P, Epoch(0), "The coordinator knows nothing of this link: it began anew, or gave us up.")
_NEVER: Final = Instant(1 << 62)


class Link:
    """All sockets of this M. `wake_fds` end a wait when they become readable."""

    def __init__(
        self, coordinator: str, endpoint: str, wake_fds: Iterable[int], clock: Clock, keys: Keys | None = None
    ) -> None:
        self._clock: Final = clock
        self._context: Final = zmq.Context()
        self._word: Final = secrets.token_hex(8).encode()
        self._coordinator: Final = self._socket(zmq.DEALER)
        self._coordinator.setsockopt(zmq.ROUTING_ID, b"M" + self._word)
        sockets.connect_to_coordinator(self._coordinator, coordinator, keys)
        self._pair: Final = None if keys is None else sockets.new_pair()
        self._gate: Final = None if keys is None else Gate(self._context, patient=True)
        self._inbox: Final = self._socket(zmq.ROUTER)
        self._inbox.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self.endpoint: Final = sockets.bind(self._inbox, endpoint, self._pair)  # with the port that was found
        self._keys: dict[MId, str] = {}  # of the Ms in the roster
        self._me = NO_M
        self._peers: dict[MId, zmq.Socket[bytes]] = {}
        self._early: dict[MId, list[Message]] = {}  # for Ms whose address is not known yet
        self._ends: dict[MId, LinkEnd[bytes]] = {COORDINATOR: LinkEnd(0)}
        self._due = _NEVER  # when some end has something to do
        self._touched: dict[MId, None] = {}  # ends that may have something to do now
        self._strikes: Final = Strikes()
        self._untold = 0  # bad frames that the coordinator has not been told of
        self._decode_coordinator: Final = Decoder(ToM, Numbered).decode
        self._decode_peer: Final = Decoder(BetweenMs, Numbered).decode
        self._poller: Final = zmq.Poller()
        self._fds: Final = tuple(wake_fds)
        doors = () if self._gate is None else (self._gate.socket,)
        for source in (self._coordinator, self._inbox, *doors, *self._fds):
            self._poller.register(source, zmq.POLLIN)

    @property
    def key(self) -> str:
        """The public key of this M; "" when links have none."""
        return "" if self._pair is None else self._pair.public

    def _socket(self, kind: int) -> "zmq.Socket[bytes]":
        socket = sockets.make(self._context, kind, LINGER_MS)
        socket.reconnect_ivl, socket.reconnect_ivl_max = 10, 200  # ms
        return socket

    def watch(self, fd: int) -> None:
        """`wait` ends, too, when `fd` becomes readable, and says nothing of it."""
        self._poller.register(fd, zmq.POLLIN)

    def meet(self, me: MId, peers: Iterable[Peer], gone: Iterable[MId]) -> None:
        """Connect to Ms that are new, disconnect from those that are gone."""
        self._me = me
        for peer in peers:
            if peer.m not in self._peers:
                socket = self._socket(zmq.DEALER)
                socket.setsockopt(zmq.ROUTING_ID, _ME % me + self._word)
                try:
                    check_endpoint(peer.endpoint, peer.key, like=self.endpoint, keyed=self._pair is not None)
                    sockets.connect(socket, peer.endpoint, peer.key, self._pair)
                except (ClusterError, zmq.ZMQError) as error:  # it hears nothing; the coordinator will miss it, too
                    os.write(2, f"worker {os.getpid()}: M {peer.m} is nowhere: {peer.endpoint!r}: {error}\n".encode())
                self._let_in(peer)
                self._peers[peer.m] = socket
                self._send_to(peer.m, self._early.pop(peer.m, []))
        for m in gone:
            self._early.pop(m, None)
            self._shut_out(m)
            self._ends.pop(m, None)
            if (lost := self._peers.pop(m, None)) is not None:
                lost.close(linger=0)

    def _let_in(self, peer: Peer) -> None:
        if self._gate is not None and is_key(peer.key):
            self._keys[peer.m] = peer.key
            self._gate.let_in(peer.key, peer.key)

    def _shut_out(self, m: MId) -> None:
        key = self._keys.pop(m, "")
        if self._gate is not None and key and key not in self._keys.values():  # an M that came back has another number
            self._gate.shut(key)

    def forget_peers(self) -> None:
        """This M gets another id: the others must see a new peer."""
        self.meet(NO_M, (), [m for m in self._ends if m != COORDINATOR] + list(self._peers))

    # -- out

    def send(self, messages: Iterable[tuple[MId, Message]]) -> None:
        """Send in order; neighbours for one peer go in one frame. Then what the links themselves have to say."""
        batch: deque[Message] = deque([BadFrame()] * self._untold)
        self._untold = 0
        to = COORDINATOR
        for destination, message in messages:
            if destination != to and batch:
                self._send_to(to, list(batch))
                batch.clear()
            to = destination
            batch.append(message)
        if batch:
            self._send_to(to, list(batch))
        if self._touched or self._clock.now() >= self._due:
            self._tend()

    def _send_to(self, to: MId, messages: list[Message]) -> None:
        if not messages:
            return
        if to == COORDINATOR and isinstance(messages[0], RegisterM):
            self._ends[COORDINATOR] = LinkEnd(self._ends[COORDINATOR].session + 1)
        elif to != COORDINATOR and to not in self._peers:
            # A Told counts all that was told: of one who is never named there is at most one.
            early = self._early.setdefault(to, [])
            early[:] = [message for message in early if not isinstance(message, Told)]
            early += messages
            return
        end = self._end(to)
        frame = encode([end.header(), *messages])
        if end.keep(frame, len(frame), self._clock.now()):
            self._put(to, frame)
        self._wake_for(end)

    def _end(self, m: MId) -> LinkEnd[bytes]:
        if (end := self._ends.get(m)) is None:
            # Both quote the same number, so that each knows for which self of his the other speaks.
            end = self._ends[m] = LinkEnd(_session(self._me, m))
        return end

    def _put(self, to: MId, frame: bytes) -> None:
        socket = self._coordinator if to == COORDINATOR else self._peers.get(to)
        if socket is not None:
            sockets.say(socket, frame)  # when nobody is there, renewals are not answered

    def _wake_for(self, end: LinkEnd[bytes]) -> None:
        if (at := end.deadline) is not None and at < self._due:
            self._due = at

    def _tend(self) -> None:
        now = self._clock.now()
        if now >= self._due:
            self._due = _NEVER
            self._touched = dict.fromkeys(self._ends)
        touched, self._touched = self._touched, {}
        for m in touched:
            if (end := self._ends.get(m)) is None:
                continue
            frames, word = end.tend(now)
            for frame in frames:
                self._put(m, frame)
            if word is not None:
                self._put(m, encode([word]))
            self._wake_for(end)

    @property
    def full(self) -> bool:
        """Whether some peer does not read what it is sent: then nothing more should be made for it."""
        return any(end.full for end in self._ends.values())

    # -- in

    def receive(self, of_ms: bool = True) -> list[tuple[MId, Message]]:
        """All that has come, without waiting, `of_ms` too; per peer in its order."""
        received: list[tuple[MId, Message]] = []
        if self._gate is not None:
            self._gate.answer()
        while readable(self._coordinator):
            self._take(COORDINATOR, b"", "", self._coordinator.recv_multipart(), received)
        while of_ms and self._me != NO_M and readable(self._inbox):  # they may know me before I do
            peer, key, frames = self._from_inbox()
            self._take(_m_of(peer), peer, key, frames, received)
        return received

    def _from_inbox(self) -> tuple[bytes, str, list[bytes]]:
        """(who says to send, the key that he has proved to have, what he sends)"""
        if self._gate is None:
            peer, *frames = self._inbox.recv_multipart()
            return peer, "", frames
        parts = self._inbox.recv_multipart(copy=False)
        key = str(parts[-1].get("User-Id"))
        peer, *frames = [part.bytes for part in parts]
        return peer, key, frames

    def _take(
        self, source: MId, peer: bytes, key: str, frames: list[bytes], received: list[tuple[MId, Message]]
    ) -> None:
        """Add the messages of a frame that is the next of its link; a bad one is counted, told of once, and dropped.

        One of a peer that does not number is taken as it comes.
        """
        if self._strikes.is_out(peer + key.encode()):
            return
        try:
            if len(frames) != 1:
                raise ProtocolError(f"{len(frames)} frames where one was expected")
            if self._gate is not None and peer and self._keys.get(source) != key:
                raise ProtocolError("it is of another M than it says, or of one that is gone")
            header, messages = split((self._decode_peer if peer else self._decode_coordinator)(frames[0]))
            if header is None or self._is_next(source, header, bool(messages), len(frames[0]), received):
                received += [(source, message) for message in messages]
        except ProtocolError as error:
            verdict = self._strikes.strike(peer + key.encode())
            self._untold += 1
            if verdict is not Verdict.COUNT:
                out = " and listens to it no more" if verdict is Verdict.CUT_OFF else ""
                whom = repr(peer) if peer else "the coordinator"
                os.write(2, f"worker {os.getpid()}: dropped a frame of {whom}{out}: {error}\n".encode())

    def _is_next(
        self, source: MId, header: Numbered, says_something: bool, size: int, received: list[tuple[MId, Message]]
    ) -> bool:
        session = self._ends[COORDINATOR].session if source == COORDINATOR else _session(self._me, source)
        if header.session != session or (header.taken and source not in self._ends):
            return False  # it was said to who I was, or by one who is gone
        if source not in self._ends and source not in self._peers and len(self._ends) - len(self._peers) > VISITORS_MAX:
            return False  # of one more whom no roster has named: who is an M says it again when I have heard of him
        heard = self._end(source).hear(header, says_something, size, self._clock.now())
        self._touched[source] = None
        if heard is Hearing.BROKEN and source == COORDINATOR:
            received.append((COORDINATOR, _FORGOTTEN))
        return heard is Hearing.TAKE

    def wait(self, timeout_ns: int) -> bool:
        """Block until something came, at most `timeout_ns`, rounded up to 1 ms; whether a wake fd is readable."""
        timeout_ns = min(timeout_ns, self._due - self._clock.now())
        ready = self._poller.poll(-(-timeout_ns // MILLISECOND) if timeout_ns > 0 else 0)
        return any(source in self._fds for source, _ in ready)

    def close(self) -> None:
        """Send what was said, then close."""
        for socket in (self._coordinator, self._inbox, *self._peers.values()):
            socket.close()
        if self._gate is not None:
            self._gate.socket.close()
        self._context.term()


def _session(one: MId, other: MId) -> int:
    """Of the link between two Ms: ids are given once, so no later self of either has it."""
    return (min(one, other) << 31) | max(one, other)


def _m_of(peer: bytes) -> MId:
    digits = peer[1:].partition(b".")[0]
    return MId(int(digits)) if peer[:1] == b"m" and digits.isdigit() and len(digits) <= DIGITS_MAX else MId(-2)
