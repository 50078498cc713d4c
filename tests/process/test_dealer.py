"""A connection to a coordinator, spoken with at a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from cluster.launch.dealer import Dealer
from cluster.model.clock import MonotonicClock
from cluster.model.errors import ProtocolError
from cluster.wire.codec import Decoder, encode
from cluster.wire.links import Hearing, LinkEnd, split
from cluster.wire.messages import Alive, Message, Numbered, ToClient, ToCoordinator

PATIENCE_MS = 10_000


class Desk:
    """The coordinator's side, and a dealer."""

    def __init__(self, path: Path) -> None:
        self._context = zmq.Context()
        self._router = self._context.socket(zmq.ROUTER)
        self._router.linger = 0
        address = f"ipc://{path}/coordinator.sock"
        self._router.bind(address)
        self.clock = MonotonicClock()
        self.dealer = Dealer(self._context, address, None, ToClient, self.clock, 0, self._bad)
        self.bad: list[ProtocolError] = []
        self.end: LinkEnd[bytes] = LinkEnd(1)
        self._decode = Decoder(ToCoordinator, Numbered).decode
        self._name = b""

    def _bad(self, error: ProtocolError) -> None:
        self.bad.append(error)

    def hear(self) -> tuple[Numbered, list[Message]]:
        """The next frame."""
        assert self._router.poll(PATIENCE_MS)
        self._name, frame = self._router.recv_multipart()
        header, messages = split(self._decode(frame))
        assert header is not None
        return header, messages

    def say(self, end: LinkEnd[bytes]) -> list[Message]:
        """A word of this end; what the dealer makes of it."""
        frame = encode([end.header(), Alive()])
        end.keep(frame, len(frame), self.clock.now())
        self._router.send_multipart((self._name, frame))
        assert self.dealer.socket.poll(PATIENCE_MS)
        return self.dealer.receive(1)

    def close(self) -> None:
        self.dealer.socket.close()
        self._router.close()
        self._context.term()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def test_who_begins_anew_is_new_to_a_coordinator_that_has_forgotten_it(desk: Desk) -> None:
    desk.dealer.send([Alive()])
    header, messages = desk.hear()
    assert messages == [Alive()] and desk.end.hear(header, True, 9, desk.clock.now()) is Hearing.TAKE
    assert desk.say(desk.end) == [Alive()]
    desk.dealer.begin_anew()
    desk.dealer.send([Alive()])
    header, _ = desk.hear()
    fresh: LinkEnd[bytes] = LinkEnd(header.session)
    assert header.session > desk.end.session and fresh.hear(header, True, 9, desk.clock.now()) is Hearing.TAKE
    assert desk.say(fresh) == [Alive()]


def test_what_is_late_and_for_who_it_was_is_no_bad_frame(desk: Desk) -> None:
    desk.dealer.send([Alive()])
    header, _ = desk.hear()
    desk.end.hear(header, True, 9, desk.clock.now())
    desk.dealer.begin_anew()
    assert desk.say(desk.end) == [] and desk.bad == [], "it acknowledges a frame that the new one has not sent"
