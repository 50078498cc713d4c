"""The door of one process on TCP: libzmq asks here, for each connection with a good handshake, who may enter.

It asks over a socket inside of the process (ZAP), which the shell polls as any other: no thread waits for visitors.
A visitor has then proved that he has the secret of his key; the gate knows the keys that may enter, by name.
One with an unknown key gets no answer, and his connection ends when his handshake has taken too long. At a `patient`
gate he enters if his key becomes known meanwhile: two Ms may meet before the second has heard of the first.
Rejected.  An answer that refuses (ZAP's 400): libzmq gives up the other side's pipe for it, and who sends blocks.
"""

import logging
from collections import deque
from typing import Final

import zmq
from zmq.utils import z85

from cluster.launch.sockets import readable
from cluster.model.limits import VISITORS_MAX
from cluster.wire import security
from cluster.wire.security import Visitor

log: Final = logging.getLogger("gate")


class Gate:
    """Who may enter. Make it before anything is bound in the same context."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", *, patient: bool) -> None:
        self.socket: Final[zmq.Socket[bytes]] = context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.socket.bind(security.ZAP_ENDPOINT)
        self.refused = 0  # visitors
        self._patient: Final = patient
        self._names: dict[bytes, str] = {}
        self._waiting: deque[tuple[list[bytes], Visitor]] = deque()  # with the way back to who asks

    def let_in(self, key: str, name: str) -> None:
        """From now on who has the secret of `key` enters, and each of his frames says `name`."""
        self._names[z85.decode(key)] = name
        waiting, self._waiting = self._waiting, deque()
        for back, visitor in waiting:
            self._judge(back, visitor)

    def shut(self, key: str) -> None:
        """Who has the secret of `key` enters no more; those that are in stay."""
        self._names.pop(z85.decode(key), None)

    def answer(self) -> None:
        """Answer all that libzmq has asked."""
        while readable(self.socket):
            back, frames = _parted(self.socket.recv_multipart())
            visitor = security.visitor(frames)
            if visitor is not None:
                self._judge(back, visitor)

    def _judge(self, back: list[bytes], visitor: Visitor) -> None:
        name = self._names.get(visitor.key)
        if name is not None:
            self.socket.send_multipart([*back, *security.admit(visitor.request, name)])
        elif self._patient:
            self._waiting.append((back, visitor))
            if len(self._waiting) > VISITORS_MAX:
                self._waiting.popleft()
        else:
            self.refused += 1
            if self.refused == 1:
                log.warning("visitor with an unknown key turned away address=%s", visitor.address)


def _parted(frames: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The way back to who asks, up to an empty frame, and what he asks."""
    cut = frames.index(b"") + 1 if b"" in frames else len(frames)
    return frames[:cut], frames[cut:]
