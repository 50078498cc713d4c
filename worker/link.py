"""The sockets of one M: to the coordinator, from other Ms, to other Ms.

Each pair of processes has one ordered link per direction. Messages for one peer that leave together
go in one frame. Whoever holds the shell's lock uses the sockets; ZeroMQ's own are not safe to share.
"""

import os
from collections import deque
from collections.abc import Iterable
from typing import Final

import zmq

from cluster.launch.sockets import readable
from cluster.model.clock import MILLISECOND
from cluster.model.errors import ProtocolError
from cluster.model.ids import MId
from cluster.model.limits import STRIKES_MAX
from cluster.wire.codec import Decoder, encode
from cluster.wire.messages import BetweenMs, Message, Peer, ToM
from worker.core.outbox import COORDINATOR

LINGER_MS: Final = 100  # for the last words of an M that ends; nobody may be there to hear them
_ME: Final = b"m%d"  # how an M calls itself on the link to another


class Link:
    """All sockets of this M. `wake_fds` end a wait when they become readable."""

    def __init__(self, coordinator: str, endpoint: str, wake_fds: Iterable[int]) -> None:
        self._context: Final = zmq.Context()
        self._coordinator: Final = self._socket(zmq.DEALER)
        self._coordinator.connect(coordinator)
        self._inbox: Final = self._socket(zmq.ROUTER)
        self._inbox.bind(endpoint)
        self._peers: dict[MId, zmq.Socket[bytes]] = {}
        self._early: dict[MId, list[Message]] = {}  # for Ms whose address is not known yet
        self._strikes: dict[bytes, int] = {}
        self._decode_coordinator: Final = Decoder(ToM).decode
        self._decode_peer: Final = Decoder(BetweenMs).decode
        self._poller: Final = zmq.Poller()
        self._fds: Final = tuple(wake_fds)
        for source in (self._coordinator, self._inbox, *self._fds):
            self._poller.register(source, zmq.POLLIN)

    def _socket(self, kind: int) -> "zmq.Socket[bytes]":
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.linger = LINGER_MS
        socket.sndhwm = socket.rcvhwm = 0  # the protocol bounds what is under way, not the socket
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
                    socket.connect(peer.endpoint)
                except zmq.ZMQError as error:  # what is sent to it is not heard; the coordinator will miss it, too
                    os.write(2, f"worker {os.getpid()}: M {peer.m} is nowhere: {peer.endpoint!r}: {error}\n".encode())
                self._peers[peer.m] = socket
                self._send_to(peer.m, self._early.pop(peer.m, []))
        for m in gone:
            self._early.pop(m, None)
            if (lost := self._peers.pop(m, None)) is not None:
                lost.close(linger=0)

    def forget_peers(self) -> None:
        """This M gets another id: the others must see a new peer."""
        self.meet(MId(-1), (), list(self._peers))

    def send(self, messages: Iterable[tuple[MId, Message]]) -> None:
        """Send in order; neighbours for one peer go in one frame."""
        batch: deque[Message] = deque()
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
            self._coordinator.send(encode(messages))
        elif (socket := self._peers.get(to)) is not None:
            socket.send(encode(messages))
        else:
            self._early.setdefault(to, []).extend(messages)

    def receive(self) -> list[tuple[MId, Message]]:
        """All that has come, without waiting; per peer in its order."""
        received: list[tuple[MId, Message]] = []
        while readable(self._coordinator):
            frame = self._coordinator.recv()
            received += [(COORDINATOR, message) for message in self._decoded(b"", frame)]
        while readable(self._inbox):
            peer, frame = self._inbox.recv_multipart()[:2]
            received += [(_m_of(peer), message) for message in self._decoded(peer, frame)]
        return received

    def _decoded(self, peer: bytes, frame: bytes) -> list[Message]:
        if self._strikes.get(peer, 0) >= STRIKES_MAX:
            return []
        try:
            return (self._decode_peer if peer else self._decode_coordinator)(frame)
        except ProtocolError as error:
            self._strikes[peer] = self._strikes.get(peer, 0) + 1
            os.write(2, f"worker {os.getpid()}: dropped a frame of {peer!r}: {error}\n".encode())
            return []

    def wait(self, timeout_ns: int) -> bool:
        """Block until something came, at most `timeout_ns`, rounded up to 1 ms; whether a wake fd is readable."""
        ready = self._poller.poll(-(-timeout_ns // MILLISECOND) if timeout_ns > 0 else 0)
        return any(source in self._fds for source, _ in ready)

    def close(self) -> None:
        """Send what was said, then close."""
        for socket in (self._coordinator, self._inbox, *self._peers.values()):
            socket.close()
        self._context.term()


def _m_of(peer: bytes) -> MId:
    digits = peer[1:]
    return MId(int(digits)) if peer[:1] == b"m" and digits.isdigit() else MId(-2)
