"""A process of the cluster played by the test: it speaks the protocol over a real socket, as it likes."""

import contextlib
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import zmq

from cluster.launch.sockets import connect
from cluster.launch.version import PYTHON
from cluster.wire.codec import Decoder, encode
from cluster.wire.messages import AskStatus, FromCoordinator, Load, Message, RegisterM, Status
from cluster.wire.security import Pair
from tests.process.patience import PATIENCE_S

NO_LOAD: Final = Load(runnable=0, stealable=0, ring=0, globrunq=0, goroutines=0, tick=0)
M = TypeVar("M", bound=Message)


class Hand:
    """One ZeroMQ DEALER, connected to an address."""

    def __init__(self, address: str, name: bytes | None = None, *, server: str = "", pair: Pair | None = None) -> None:
        """On TCP with a `pair` of keys, if the other side proves to have the secret of `server`."""
        self._context: Final = zmq.Context()
        self._socket: Final[zmq.Socket[bytes]] = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        if name is not None:
            self._socket.setsockopt(zmq.ROUTING_ID, name)
        connect(self._socket, address, server, pair)
        self._decode: Final = Decoder(FromCoordinator).decode
        self.heard: Final[list[Message]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._context.term()

    def register(self, directory: Path, python: str = PYTHON) -> None:
        """Say what an M says first. Nobody listens at the endpoint that it names."""
        self.say(RegisterM(os.getpid(), python, f"ipc://{directory}/m-by-hand.sock"))

    def say(self, *messages: Message) -> None:
        """One frame."""
        self.throw(encode(list(messages)))

    def status(self) -> Status:
        """What the coordinator answers now; so it has read all that was sent to it before."""
        self.say(AskStatus())
        return self.hear(Status)

    def throw(self, *frames: bytes) -> None:
        """Bytes that need not be messages."""
        with contextlib.suppress(zmq.Again):  # libzmq has given the connection up: the other side will not have it
            self._socket.send_multipart(frames, zmq.NOBLOCK)

    def hear(self, kind: type[M]) -> M:
        """The next message of this kind; what comes before it is kept in `heard`."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            for message in self.heard:
                if isinstance(message, kind):
                    self.heard.remove(message)
                    return message
            left = give_up - time.monotonic()
            assert left > 0, f"no {kind.__name__} came, but {self.heard}"
            self._listen(left)

    def hears_nothing(self, kind: type[Message], seconds: float) -> bool:
        """Whether no message of this kind comes in that time."""
        give_up = time.monotonic() + seconds
        while (left := give_up - time.monotonic()) > 0:
            self._listen(left)
        return not any(isinstance(message, kind) for message in self.heard)

    def _listen(self, seconds: float) -> None:
        if self._socket.poll(max(1, int(seconds * 1000))):
            self.heard.extend(self._decode(self._socket.recv()))
