"""The sockets of one M: to the coordinator, from other Ms, to other Ms.

Each pair of processes has one ordered link per direction. Messages for one peer that leave together
go in one frame. Whoever holds the shell's lock uses the sockets; ZeroMQ's own are not safe to share.
With keys, who sends to an M has proved which M it is: the roster says whose key is whose, the gate asks for it, and a
frame that names another M than its key does is dropped.
"""

import os
from collections import deque
from collections.abc import Iterable
from typing import Final

import zmq

from cluster.launch import sockets
from cluster.launch.gate import Gate
from cluster.launch.sockets import readable
from cluster.model.clock import MILLISECOND
from cluster.model.errors import ClusterError, ProtocolError
from cluster.model.ids import MId
from cluster.wire.codec import Decoder, encode
from cluster.wire.messages import BadFrame, BetweenMs, Message, Peer, ToM
from cluster.wire.security import Keys, check_endpoint, is_key
from cluster.wire.strikes import Strikes, Verdict
from worker.core.outbox import COORDINATOR

LINGER_MS: Final = 100  # for the last words of an M that ends; nobody may be there to hear them
DIGITS_MAX: Final = 18  # of the number of an M: it fits 64 bits
_ME: Final = b"m%d"  # how an M calls itself on the link to another


class Link:
    """All sockets of this M. `wake_fds` end a wait when they become readable."""

    def __init__(self, coordinator: str, endpoint: str, wake_fds: Iterable[int], keys: Keys | None = None) -> None:
        self._context: Final = zmq.Context()
        self._coordinator: Final = self._socket(zmq.DEALER)
        sockets.connect_to_coordinator(self._coordinator, coordinator, keys)
        self._pair: Final = None if keys is None else sockets.new_pair()
        self._gate: Final = None if keys is None else Gate(self._context, patient=True)
        self._inbox: Final = self._socket(zmq.ROUTER)
        self.endpoint: Final = sockets.bind(self._inbox, endpoint, self._pair)  # with the port that was found
        self._keys: dict[MId, str] = {}  # of the Ms in the roster
        self._peers: dict[MId, zmq.Socket[bytes]] = {}
        self._early: dict[MId, list[Message]] = {}  # for Ms whose address is not known yet
        self._strikes: Final = Strikes()
        self._untold = 0  # bad frames that the coordinator has not been told of
        self._decode_coordinator: Final = Decoder(ToM).decode
        self._decode_peer: Final = Decoder(BetweenMs).decode
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
        for peer in peers:
            if peer.m not in self._peers:
                socket = self._socket(zmq.DEALER)
                socket.setsockopt(zmq.ROUTING_ID, _ME % me)
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
        self.meet(MId(-1), (), list(self._peers))

    def send(self, messages: Iterable[tuple[MId, Message]]) -> None:
        """Send in order; neighbours for one peer go in one frame."""
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

    def _send_to(self, to: MId, messages: list[Message]) -> None:
        if not messages:
            return
        if to == COORDINATOR:
            sockets.say(self._coordinator, encode(messages))  # when nobody is there, renewals are not answered
        elif (socket := self._peers.get(to)) is not None:
            sockets.say(socket, encode(messages))
        else:
            self._early.setdefault(to, []).extend(messages)

    def receive(self) -> list[tuple[MId, Message]]:
        """All that has come, without waiting; per peer in its order."""
        received: list[tuple[MId, Message]] = []
        if self._gate is not None:
            self._gate.answer()
        while readable(self._coordinator):
            frames = self._coordinator.recv_multipart()
            received += [(COORDINATOR, message) for message in self._decoded(b"", "", frames)]
        while readable(self._inbox):
            peer, key, frames = self._from_inbox()
            received += [(_m_of(peer), message) for message in self._decoded(peer, key, frames)]
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

    def _decoded(self, peer: bytes, key: str, frames: list[bytes]) -> list[Message]:
        """The messages of a frame of this peer; a bad one is counted, told of the first time, and dropped."""
        if self._strikes.is_out(peer + key.encode()):
            return []
        try:
            if len(frames) != 1:
                raise ProtocolError(f"{len(frames)} frames where one was expected")
            if self._gate is not None and peer and self._keys.get(_m_of(peer)) != key:
                raise ProtocolError("it is of another M than it says, or of one that is gone")
            return (self._decode_peer if peer else self._decode_coordinator)(frames[0])
        except ProtocolError as error:
            verdict = self._strikes.strike(peer + key.encode())
            self._untold += 1
            if verdict is not Verdict.COUNT:
                out = " and listens to it no more" if verdict is Verdict.CUT_OFF else ""
                whom = repr(peer) if peer else "the coordinator"
                os.write(2, f"worker {os.getpid()}: dropped a frame of {whom}{out}: {error}\n".encode())
            return []

    def wait(self, timeout_ns: int) -> bool:
        """Block until something came, at most `timeout_ns`, rounded up to 1 ms; whether a wake fd is readable."""
        ready = self._poller.poll(-(-timeout_ns // MILLISECOND) if timeout_ns > 0 else 0)
        return any(source in self._fds for source, _ in ready)

    def close(self) -> None:
        """Send what was said, then close."""
        for socket in (self._coordinator, self._inbox, *self._peers.values()):
            socket.close()
        if self._gate is not None:
            self._gate.socket.close()
        self._context.term()


def _m_of(peer: bytes) -> MId:
    digits = peer[1:]
    return MId(int(digits)) if peer[:1] == b"m" and digits.isdigit() and len(digits) <= DIGITS_MAX else MId(-2)
