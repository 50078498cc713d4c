"""Who comes under a new name each time fills no memory: what is kept of strangers is bounded, at each door."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from cluster.launch.gate import Gate
from cluster.launch.sockets import new_pair
from cluster.launch.version import PYTHON
from cluster.model.clock import MonotonicClock
from cluster.model.ids import MId, ProgramId
from cluster.model.limits import VISITORS_MAX
from cluster.wire import messages as w
from cluster.wire import security
from coordinator import server
from coordinator.core.membership import PeerId
from coordinator.core.step import Core
from coordinator.server import Server
from tests.process.place import Place
from worker import link
from worker.link import Link

pytestmark = pytest.mark.timeout(60)

FIRST = w.Numbered(1, 1, 0, 0)


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)


def test_visitors_with_unknown_keys_are_kept_up_to_a_number(context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    gate = Gate(context, patient=True)
    asks: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    asks.connect(security.ZAP_ENDPOINT)
    for number in range(VISITORS_MAX + 500):
        key = number.to_bytes(32, "big")
        asks.send_multipart([b"", b"1.0", b"%d" % number, security.DOMAIN, b"10.0.0.9", b"", b"CURVE", key])
    while len(gate._waiting) < VISITORS_MAX or gate.socket.poll(100):
        gate.answer()
    assert len(gate._waiting) == VISITORS_MAX
    assert gate._waiting[-1][1].request == b"%d" % (VISITORS_MAX + 499), "the first are forgotten"
    asks.close()
    gate.socket.close()


def test_an_m_keeps_links_of_so_many_that_no_roster_has_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "VISITORS_MAX", 5)
    mine = Link(place.address, f"ipc://{place.path}/m.sock", (), MonotonicClock())
    mine.meet(MId(0), (w.Peer(MId(1), f"ipc://{place.path}/other.sock"),), ())
    taken = [m for m in range(2, 50) if heard(mine, MId(m))]
    assert taken == [*range(2, 2 + len(taken))] and 5 <= len(taken) <= 6
    assert heard(mine, MId(1)), "who is in the roster is heard"
    assert len(mine._ends) <= 8
    mine.close()


def test_an_m_has_one_acknowledgement_at_most_for_who_is_never_named(place: Place) -> None:
    mine = Link(place.address, f"ipc://{place.path}/m.sock", (), MonotonicClock())
    answer = w.Answer(ProgramId(1), 1, 0, b"")
    mine.send([(MId(3), w.Told(1)), (MId(4), w.Told(1)), (MId(3), answer)])
    for count in range(2, 50):
        mine.send([(MId(3), w.Told(count))])
    assert mine._early == {MId(3): [answer, w.Told(49)], MId(4): [w.Told(1)]}
    mine.close()


def heard(mine: Link, m: MId) -> bool:
    return mine._is_next(m, FIRST._replace(session=link._session(MId(0), m)), True, 10, [])


def test_the_coordinator_keeps_so_many_ends_and_those_of_members_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PEERS_MAX", 8)
    clock = MonotonicClock()
    core = Core(1, 1, PYTHON, clock.now())
    serving = Server(core, clock, f"ipc://{tmp_path}/c.sock", ())
    member = PeerId(b"member")
    assert serving._is_next(member, FIRST, True, 10, clock.now())
    core.step([(member, w.RegisterM(7, PYTHON, "here", key=new_pair().public))], clock.now())
    for number in range(50):
        assert serving._is_next(PeerId(b"%d" % number), FIRST, True, 10, clock.now())
    assert list(serving._ends) == [member, *(PeerId(b"%d" % number) for number in range(43, 50))]
    core.stop(clock.now())
    serving._socket.close()
    serving._context.term()
