"""A connection to a coordinator, with one end of a link on it: what a client and a nursery speak through.

It names itself by a word that nobody can guess, under which it comes back when its connection broke.
"""

import secrets
from collections.abc import Callable, Sequence
from types import UnionType
from typing import Final

import zmq

from cluster.launch import sockets
from cluster.launch.sockets import readable
from cluster.model.clock import MILLISECOND, Clock
from cluster.model.errors import NoClusterError, ProtocolError
from cluster.wire.codec import Decoder, encode
from cluster.wire.links import Hearing, LinkEnd, split
from cluster.wire.messages import Message, Numbered
from cluster.wire.security import Keys

UNHEARD_MIN: Final = 3  # of a nursery, which speaks once a second
RECONNECT_MS: Final = (5, 100)  # at first, and at most


class Dealer:
    """Not for several threads."""

    def __init__(
        self,
        context: zmq.Context["zmq.Socket[bytes]"],
        address: str,
        keys: Keys | None,
        accepted: UnionType,
        clock: Clock,
        linger_ms: int,
        bad_frame: Callable[[ProtocolError], None],
    ) -> None:
        """`accepted`: the messages that may come; `bad_frame` is told of what is none."""
        self._address: Final = address
        self._clock: Final = clock
        self._bad_frame: Final = bad_frame
        self.socket: Final = sockets.make(context, zmq.DEALER, linger_ms)
        self.socket.reconnect_ivl, self.socket.reconnect_ivl_max = RECONNECT_MS
        self.socket.setsockopt(zmq.ROUTING_ID, b"D" + secrets.token_hex(8).encode())
        sockets.connect_to_coordinator(self.socket, address, keys)
        self._end: LinkEnd[bytes] = LinkEnd(1)
        self._decode: Final = Decoder(accepted, Numbered).decode

    def begin_anew(self) -> None:
        """The coordinator may have forgotten us, or may be about to: nothing that was said before counts any more."""
        self._end = LinkEnd(self._end.session + 1)

    def send(self, messages: Sequence[Message]) -> bool:
        """One frame; False when the coordinator does not let us in. See sockets.say."""
        frame = encode([self._end.header(), *messages])
        return not self._end.keep(frame, len(frame), self._clock.now()) or sockets.say(self.socket, frame)

    @property
    def is_unheard(self) -> bool:
        """Whether the coordinator has not acknowledged the last UNHEARD_MIN frames."""
        return self._end.unacknowledged >= UNHEARD_MIN

    @property
    def full(self) -> bool:
        """Whether the coordinator does not read what it is sent."""
        return self._end.full

    def patience_ms(self, most_ms: int) -> int:
        """How long to wait for the socket before `receive` is called again: at most so long."""
        if (at := self._end.deadline) is None:
            return most_ms
        return max(0, min(most_ms, -(-(at - self._clock.now()) // MILLISECOND)))

    def receive(self, frames_max: int) -> list[Message]:
        """What has come, without waiting; and the link's own part of the conversation.

        Raises NoClusterError when the coordinator is another than the one that was spoken with.
        """
        messages: list[Message] = []
        for _ in range(frames_max):
            if not readable(self.socket):
                break
            try:
                messages += self._taken(self.socket.recv_multipart())
            except ProtocolError as error:
                self._bad_frame(error)
        self.tend()
        return messages

    def _taken(self, frames: list[bytes]) -> list[Message]:
        if len(frames) != 1:
            raise ProtocolError(f"{len(frames)} frames where one was expected")
        header, messages = split(self._decode(frames[0]))
        if header is None:
            return messages
        if header.session != self._end.session:
            return []  # late, and for who we were
        heard = self._end.hear(header, bool(messages), len(frames[0]), self._clock.now())
        if heard is Hearing.BROKEN:
            raise NoClusterError(f"the coordinator at {self._address} began anew: it knows nothing of us any more")
        return messages if heard is Hearing.TAKE else []

    def tend(self) -> None:
        """Send what the link itself has to say."""
        frames, word = self._end.tend(self._clock.now())
        for frame in frames:
            sockets.say(self.socket, frame)
        if word is not None:
            sockets.say(self.socket, encode([word]))
