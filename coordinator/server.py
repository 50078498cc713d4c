"""The shell of the coordinator: one socket, one poll, no decision. With keys a second socket, at its door.

Bytes become types here, once. A frame that is no message is counted and dropped, and logged the
first time for each peer; the third cuts the peer off.
"""

import logging
import zlib
from collections.abc import Iterable
from typing import Final

import zmq

from cluster.launch import sockets
from cluster.launch.gate import Gate
from cluster.launch.sockets import readable
from cluster.model.clock import MILLISECOND, Clock
from cluster.model.errors import ProtocolError
from cluster.model.limits import STRIKES_MAX
from cluster.wire.codec import Decoder, encode
from cluster.wire.messages import Message, ToCoordinator
from cluster.wire.security import Pair
from cluster.wire.strikes import Strikes, Verdict
from coordinator.core.membership import PeerId
from coordinator.core.state import Command, Log
from coordinator.core.step import Core

LINGER_MS: Final = 500  # for the last words to clients and workers
RECEIVE_MAX: Final = 256  # frames taken before the time is looked at again

log: Final = logging.getLogger("coordinator")


class Server:
    """Moves messages between the socket and the core, until the core is done or a wake fd is readable."""

    def __init__(
        self, core: Core, clock: Clock, address: str, wake_fds: Iterable[int], pair: Pair | None = None
    ) -> None:
        """With `pair` nobody enters but those that `gate` lets in."""
        self._core: Final = core
        self._clock: Final = clock
        self._context: Final = zmq.Context()
        self.gate: Final = None if pair is None else Gate(self._context, patient=False)
        self._socket: Final = sockets.make(self._context, zmq.ROUTER, LINGER_MS)
        self.address: Final = sockets.bind(self._socket, address, pair)  # with the port that was found
        self._fds: Final = tuple(wake_fds)
        self._poller: Final = zmq.Poller()
        for source in (self._socket, *self._fds, *([] if self.gate is None else [self.gate.socket])):
            self._poller.register(source, zmq.POLLIN)
        self._decode: Final = Decoder(ToCoordinator).decode
        self._strikes: Final = Strikes()

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
        self._perform(self._core.stop(self._clock.now()))
        self._socket.close()
        if self.gate is not None:
            self.gate.socket.close()
        self._context.term()

    def _timeout_ms(self) -> int | None:
        deadline = self._core.deadline
        if deadline is None:
            return None
        return max(0, -(-(deadline - self._clock.now()) // MILLISECOND))

    def _receive(self) -> list[tuple[PeerId, ToCoordinator]]:
        received: list[tuple[PeerId, ToCoordinator]] = []
        for _ in range(RECEIVE_MAX):
            if not readable(self._socket):
                break
            peer, *frames = self._socket.recv_multipart()
            if self._strikes.is_out(peer):
                continue
            try:
                if len(frames) != 1:
                    raise ProtocolError(f"{len(frames)} frames where one was expected")
                received += [(PeerId(peer), message) for message in self._decode(frames[0])]  # type: ignore[misc]
            except ProtocolError as error:
                self._strike(peer, error)
        return received

    def _strike(self, peer: bytes, error: ProtocolError) -> None:
        verdict = self._strikes.strike(peer)
        self._core.state.bad_frames += 1
        if verdict is Verdict.TELL:
            log.warning("bad frame dropped peer=%s error=%s", _short(peer), error)
        if verdict is Verdict.CUT_OFF:
            log.warning("peer cut off peer=%s strikes=%d", _short(peer), STRIKES_MAX)
            self._core.state.cut_off += 1
            self._perform(self._core.cut_off(PeerId(peer), self._clock.now()))

    def _perform(self, commands: Iterable[Command]) -> None:
        """Carry out commands in their order; neighbours for one peer go in one frame."""
        batch: list[Message] = []
        to = PeerId(b"")
        for command in commands:
            if isinstance(command, Log):
                log.warning("%s %s", command.phrase, " ".join(f"{k}={v}" for k, v in command.fields))
                continue
            if command.peer != to and batch:
                self._socket.send_multipart((to, encode(batch)))
                batch = []
            to = command.peer
            batch.append(command.message)
        if batch:
            self._socket.send_multipart((to, encode(batch)))


def _short(peer: bytes) -> str:
    """A word for a peer in the log: who reads it does not learn the name under which that peer comes back."""
    return f"{zlib.crc32(peer):08x}"
