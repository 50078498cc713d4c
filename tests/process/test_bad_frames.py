"""Bytes that are no messages, and messages that make no sense: nobody falls, and the third cuts the peer off."""

import json
import os
import socket
import threading
from pathlib import Path
from random import Random
from subprocess import Popen

import pytest
import zmq

from cluster.bench import fuzz
from cluster.launch import connection
from cluster.launch.version import PYTHON
from cluster.model.ids import Epoch, PId, ProgramId
from cluster.wire.codec import encode
from cluster.wire.messages import (
    Accepted,
    Alive,
    Answer,
    Ask,
    AskStatus,
    Dropped,
    Dumped,
    Ended,
    Interrupt,
    Message,
    MExited,
    Options,
    Output,
    RegisterM,
    RegisterNursery,
    Renew,
    Source,
    StartProgram,
    Status,
    Surveyed,
    Tell,
    TellFailed,
    Told,
    Traced,
    Welcome,
)
from tests.process.hand import NO_LOAD, Hand
from tests.process.place import Place, first_line, until

pytestmark = pytest.mark.timeout(60)

GARBAGE = [
    b"",
    b"\0",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\xc1" * 100,
    b"\xdf\xff\xff\xff\xff",  # a map of four thousand million entries
    b"\xc6\xff\xff\xff\xff",  # and so many bytes
    b"\x91" * 100_000,  # a list in a list in a list …
    encode([Alive()])[:-1],
    encode([Welcome(0, 1, 1, 1)]),  # type: ignore[arg-type]  # of the other direction
    Random(1).randbytes(1000),
]
WORKING = """
    from cluster import Chan, go, sleep
    async def child(chan, number):
        await sleep(0.001)
        await chan.send(number)
    async def main():
        print("up")
        chan = Chan()
        for _ in range(40):
            for number in range(40):
                go(child, chan, number)
            for _ in range(40):
                await chan.recv()
        print("done")
"""


def test_garbage_makes_neither_coordinator_nor_worker_fall(place: Place) -> None:
    coordinator, worker = place.cluster()
    program = place.start("-m", "cluster", "run", place.write("app.py", WORKING))
    assert first_line(program) == "up"
    targets = [place.address, *(f"ipc://{path}" for path in place.cluster_dir.glob("m-*.sock"))]
    for target in targets:
        for frame in GARBAGE:
            with Hand(target) as stranger, Hand(target, b"m1") as like_an_m:
                stranger.throw(frame)
                stranger.throw(frame, frame)
                like_an_m.throw(frame)
                stranger.throw(*[b""] * 50)
                if target == place.address:
                    barrier(place)
    assert program.communicate()[0] == "done\n"
    assert program.returncode == 0
    assert place.program(WORKING).lines == ["up", "done"]
    ended_cleanly(worker, coordinator)


def barrier(place: Place) -> None:
    """Until the coordinator has read what was sent before."""
    with Hand(place.address) as friend:
        friend.status()


def ended_cleanly(*processes: Popen[str]) -> str:
    """Their logs; nobody fell, and nobody's insides were shown."""
    assert [process.poll() for process in processes] == [None] * len(processes)
    log = ""
    for process in processes:
        process.terminate()
        log += process.communicate()[1]
    assert [process.returncode for process in processes] == [0] * len(processes)
    assert "Traceback" not in log, log
    return log


def test_the_third_bad_frame_cuts_a_peer_off_at_the_coordinator(place: Place) -> None:
    place.coordinator()
    with Hand(place.address) as peer:
        for _ in range(2):
            peer.throw(b"garbage")
            peer.status()
        peer.throw(b"garbage")
        peer.say(AskStatus())
        barrier(place)
        assert peer.hears_nothing(Status, 0.2)


def test_an_m_that_sends_garbage_is_lost(place: Place) -> None:
    coordinator = place.coordinator()
    with Hand(place.address) as m:
        m.register(place.cluster_dir)
        m.hear(Welcome)
        for _ in range(3):
            m.throw(b"garbage")
        with Hand(place.address) as friend:
            until(lambda: friend.status().ms == (), "the third to be read")
    log = ended_cleanly(coordinator)
    assert log.count("bad frame dropped") == 1
    assert log.count("peer cut off") == 1


def test_a_third_bad_frame_cuts_a_peer_off_at_a_worker(place: Place) -> None:
    _, worker = place.cluster(workers=1)
    (endpoint,) = place.cluster_dir.glob("m-*.sock")
    with Hand(f"ipc://{endpoint}", b"m5") as peer:
        for _ in range(5):
            peer.throw(b"garbage")
        until(lambda: counted(place)[2] == [3], "the third to be read, and no more")
        assert place.program(WORKING).lines == ["up", "done"]
    log = ended_cleanly(worker)
    assert log.count("dropped a frame") == 2  # the first, and the last
    assert log.count("and listens to it no more") == 1


class Babbler:
    """Sits where a coordinator should, and answers whatever it hears with garbage, on a thread of its own."""

    def __init__(self, place: Place) -> None:
        place.cluster_dir.mkdir(mode=0o700)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.bind(place.address)
        self._ends = threading.Event()
        here = connection.Connection(place.address, os.getpid(), socket.gethostname())
        connection.write(place.cluster_dir / connection.FILE, here)
        self._thread = threading.Thread(target=self._babble)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._socket.close()
        self._context.term()

    def _babble(self) -> None:
        while not self._ends.is_set():
            if self._socket.poll(50):
                peer, *_ = self._socket.recv_multipart()
                for garbage in (b"garbage", b"", encode([AskStatus()])):
                    self._socket.send_multipart([peer, garbage])


@pytest.mark.parametrize("command", ["status", "stop", "run"])
def test_a_client_that_is_told_garbage_says_so_and_ends(place: Place, command: str) -> None:
    arguments = [place.write("app.py", WORKING)] if command == "run" else []
    with Babbler(place):
        done = place.run("-m", "cluster", command, *arguments)
    assert (done.code, done.out) == (1, "")
    assert "Traceback" not in done.err
    assert done.err.count("dropped a frame of the coordinator") == 1
    assert "sends what is no message: it may be of another version" in done.err


def test_a_worker_that_is_told_garbage_says_so_and_ends_with_its_ms(place: Place) -> None:
    with Babbler(place):
        done = place.run("-m", "worker", "--count", "2")
    assert done.code == 0
    assert "Traceback" not in done.err
    assert "dropped a frame of the coordinator: a frame is no MessagePack of ours" in done.err
    assert place.sockets() == ["connection.json", "coordinator.sock"]


def test_bad_frames_are_counted_where_they_came_and_shown_by_status(place: Place) -> None:
    place.cluster(workers=1)
    (endpoint,) = place.cluster_dir.glob("m-*.sock")
    until(lambda: counted(place) == (0, 0, [0]), "the M to be a member")
    with Hand(place.address) as peer, Hand(f"ipc://{endpoint}", b"m5") as at_m:
        for _ in range(2):
            peer.throw(b"garbage")
            at_m.throw(b"garbage")
        until(lambda: counted(place) == (4, 0, [2]), "two here, two there, none cut off")
        peer.throw(b"garbage")
        peer.throw(b"garbage")  # unread: it is cut off
        until(lambda: counted(place) == (5, 1, [2]), "one more, and that one peer is out")
    shown = " ".join(place.run("-m", "cluster", "status").out.split())  # it is wrapped to the terminal
    assert "Bad frames dropped: coordinator and others 3, M0 2; peers cut off by the coordinator: 1" in shown


def counted(place: Place) -> tuple[int, int, list[int]]:
    """(bad frames, peers cut off, bad frames of each M) as `cluster status` has them."""
    found = json.loads(place.run("-m", "cluster", "status", "--json").out)
    return found["bad_frames"], found["cut_off"], [m["bad_frames"] for m in found["ms"]]


def test_a_short_storm_of_mutated_frames_leaves_everybody_standing(no_process_left: None) -> None:
    report = fuzz.Report(seed=5)
    fuzz.at_the_sockets(report, 600)
    assert report.crashes == []
    assert report.thrown > 500
    assert report.bad_frames > 50


NOWHERE = Source("/no/such/file.py", "", (), (), "/no/such/directory", "")
PLAIN = Options(explain=False, trace=False, by_path=True)
NONE, FAR = ProgramId(1 << 40), PId(1 << 40)
NONSENSE_TO_COORDINATOR: list[Message] = [
    RegisterM(-1, "x", ""),
    RegisterNursery(-5),
    MExited(-1, 1, 400),
    Interrupt(NONE),
    Output(NONE, 77, b"x"),
    Dropped(NONE),
    Dumped(NONE, (1, 2), ()),
    Surveyed(99, (), NO_LOAD, ()),
    Traced(NONE, (), ()),
    Renew(-1, FAR, Epoch(-1), NO_LOAD),
]
NONSENSE_TO_M: list[Message] = [
    Ask(NONE, 1, 1, 1, b""),
    Ask(ProgramId(1), 1, 9999, 1, b""),
    Ask(ProgramId(1), 1 << 40, 0, 1, b"no pickle"),
    Answer(ProgramId(1), 1 << 40, 0, b"no pickle"),
    Answer(NONE, 1, 77, b""),
    Tell(ProgramId(1), 1, 9999, 1 << 40, b""),
    Tell(NONE, 1, 1, 1, b"no pickle"),
    TellFailed(NONE, 1, b"no pickle"),
    Told(1 << 40),
    Told(-1),
]


def test_messages_that_make_no_sense_make_nobody_fall(place: Place) -> None:
    coordinator, worker = place.cluster()
    with Hand(place.address) as member:
        member.register(place.cluster_dir)
        member.hear(Welcome)
        for message in NONSENSE_TO_COORDINATOR:
            with Hand(place.address) as stranger:
                stranger.say(message)
                barrier(place)
            if not isinstance(message, RegisterM):
                member.say(message)
        barrier(place)
    for endpoint in place.cluster_dir.glob("m-*.sock"):
        for name in (b"m0", b"m1", b"m77", b"stranger"):
            with Hand(f"ipc://{endpoint}", name) as like_an_m:
                like_an_m.say(*NONSENSE_TO_M)
    place.program(WORKING)  # which the silent member may have a part in
    with Hand(place.address) as friend:
        until(lambda: len(friend.status().ms) == 2, "the silent member to be given up")
    assert place.program(WORKING).lines == ["up", "done"]
    ended_cleanly(worker, coordinator)


def test_an_m_with_an_endpoint_that_is_none_makes_no_other_m_fall(place: Place) -> None:
    _, worker = place.cluster()
    for endpoint in ("garbage", "", "ipc://" + "x" * 500, "tcp://nowhere:x"):
        with Hand(place.address) as odd:
            odd.say(RegisterM(-1, PYTHON, endpoint))
            odd.hear(Welcome)
    barrier(place)
    assert len(list(place.cluster_dir.glob("m-*.sock"))) == 2
    ended_cleanly(worker)


@pytest.mark.parametrize("main", [b"", b"no pickle"])
def test_a_program_that_cannot_be_loaded_or_read_is_reported_to_its_client(place: Place, main: bytes) -> None:
    _, worker = place.cluster()
    with Hand(place.address) as client:
        empty = Source("", "", (), (), str(Path.cwd()), "")
        client.say(StartProgram("odd", empty if main else NOWHERE, PLAIN._replace(by_path=not main), main))
        client.hear(Accepted)
        ended = client.hear(Ended)
        assert (ended.kind, ended.code) == ("load", 1)
        assert ended.text.startswith("error: ")
    assert place.program(WORKING).lines == ["up", "done"]
    ended_cleanly(worker)
