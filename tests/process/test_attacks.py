"""Those who try to get in, or to do what is not theirs: nothing of what they send executes, and nobody falls.

Each attack has its counterpart with the keys, so that a door which is shut for all, or a bomb that would never go
off, does not pass for security.
"""

import contextlib
import json
import os
import pickle
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from cluster import Cluster
from cluster.launch.sockets import new_pair
from cluster.launch.version import PYTHON
from cluster.model.ids import Epoch, PId, ProgramId
from cluster.wire.codec import encode
from cluster.wire.messages import (
    Accepted,
    Answer,
    Ask,
    AskStatus,
    Ended,
    Fenced,
    Interrupt,
    LeaseP,
    LoadProgram,
    MainReturned,
    Message,
    Options,
    Record,
    RegisterM,
    RegisterNursery,
    Renew,
    Results,
    Roster,
    Source,
    StartProgram,
    Status,
    StopCluster,
    Submit,
    Tell,
    Welcome,
    Withdraw,
    Work,
)
from cluster.wire.security import Keys, Pair
from tests.process.hand import NO_LOAD, Hand
from tests.process.largetasks import waits
from tests.process.place import Place, first_line, one_paragraph, until

pytestmark = pytest.mark.timeout(60)

NOBODY = 65534
HERE = Source("", "", (), (), "/", "")
BY_PICKLE = Options(explain=False, trace=False, by_path=False)
ONE = ProgramId(1)
LASTING = "from cluster import sleep\nasync def main():\n    print('up')\n    await sleep(60)"


class Bomb:
    """Reading its pickle makes a file."""

    def __init__(self, crater: Path) -> None:
        self.crater = crater

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.open, (str(self.crater), os.O_CREAT | os.O_WRONLY)


@dataclass
class Besieged:
    """A cluster on TCP, the keys to it, and a file that is there when a bomb has gone off."""

    place: Place
    coordinator: subprocess.Popen[str]
    worker: subprocess.Popen[str]
    address: str
    keys: Keys
    endpoints: list[str]

    @property
    def crater(self) -> Path:
        return self.place.path / "crater"

    def member(self, name: bytes | None = None) -> Hand:
        """One who has the keys."""
        return Hand(self.address, name, server=self.keys.server, pair=Pair(self.keys.client, self.keys.secret))

    def status(self) -> Status:
        with self.member() as friend:
            return friend.status()

    def bombs(self) -> list[Message]:
        """What would go off at whoever reads it."""
        bomb = pickle.dumps(Bomb(self.crater))
        return [
            StartProgram("bomb", HERE, BY_PICKLE, bomb), Ask(ONE, 1, 1, 1, bomb), Tell(ONE, 1, 1, 1, bomb),
            Answer(ONE, 1, 0, bomb), Ended(ONE, "returned", 0, "", bomb), RegisterNursery(1), StopCluster(),
            RegisterM(1, PYTHON, self.endpoints[0], key="x" * 40),
        ]  # fmt: skip

    def stands(self) -> None:
        """Nothing has executed, nobody has fallen, and programs run."""
        assert not self.crater.exists()
        assert [self.coordinator.poll(), self.worker.poll()] == [None, None]
        assert self.place.program("async def main(): print('fine')").out == "fine\n"
        assert not self.crater.exists()


@pytest.fixture
def besieged(place: Place) -> Besieged:
    """Two Ms, and their endpoints as the roster tells them."""
    coordinator = place.start("-m", "coordinator", "--bind", "tcp://127.0.0.1:0", "--procs", "2")
    place.wait_for_sockets("connection.json", 1)
    found = json.loads((place.cluster_dir / "connection.json").read_text())
    worker = place.start("-m", "worker", "--count", "2")
    cluster = Besieged(place, coordinator, worker, found["address"], Keys(**found["keys"]), [])
    until(lambda: len(cluster.status().ms) == 2, "two Ms")
    with cluster.member() as spy:
        spy.say(RegisterM(os.getpid(), PYTHON, "tcp://127.0.0.1:9", key=new_pair().public))
        cluster.endpoints = [peer.endpoint for peer in spy.hear(Roster).peers if peer.endpoint != "tcp://127.0.0.1:9"]
    assert len(cluster.endpoints) == 2
    return cluster


def test_a_bomb_goes_off_in_the_hands_of_one_who_has_the_keys(besieged: Besieged) -> None:
    with besieged.member() as member:
        member.say(besieged.bombs()[0])
        member.hear(Accepted)
        member.hear(Ended)
    assert besieged.crater.exists()


@pytest.mark.parametrize("with_key", [False, True])
def test_without_the_right_key_nothing_gets_to_the_decoder(besieged: Besieged, with_key: bool) -> None:
    before = besieged.status()
    turned_away = 1 if with_key else 0  # libzmq itself drops who does not speak CURVE
    chance = Random(1)
    for target in [besieged.address, *besieged.endpoints]:
        with Hand(target, server=besieged.keys.server, pair=new_pair() if with_key else None) as stranger:
            for message in besieged.bombs():
                stranger.say(message)
            for _ in range(5):
                stranger.throw(chance.randbytes(100))
            stranger.say(AskStatus())
            assert stranger.hears_nothing(Status, 0.3)
            until(lambda: besieged.status().turned_away == turned_away, "it to come as far as it can")
    after = besieged.status()
    assert (after.bad_frames, after.cut_off, after.programs) == (before.bad_frames, 0, ())
    assert [m.bad_frames for m in after.ms][:2] == [0, 0]
    assert after.turned_away == turned_away
    besieged.stands()


def test_who_takes_another_for_the_coordinator_says_nothing_to_it(besieged: Besieged) -> None:
    with Hand(
        besieged.address, server=new_pair().public, pair=Pair(besieged.keys.client, besieged.keys.secret)
    ) as misled:
        misled.say(AskStatus())
        assert misled.hears_nothing(Status, 0.3)
    besieged.stands()


def greeting(version: int, mechanism: bytes) -> bytes:
    """ZMTP 3's first 64 bytes. Source: RFC 23 of the ZeroMQ project."""
    return b"\xff" + bytes(8) + b"\x7f" + bytes([version, 0]) + mechanism.ljust(20, b"\0") + bytes(32)


SOCKET_TYPE = b"\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
READY = bytes([4, len(SOCKET_TYPE)]) + SOCKET_TYPE


@pytest.mark.parametrize(
    "bytes_of_stranger",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        greeting(3, b"NULL") + READY,
        greeting(3, b"PLAIN") + b"\x04\x0a\x05HELLO\0\0\0\0",
        greeting(3, b"CURVE") + b"\x04\xc8\x05HELLO" + bytes(194),
        greeting(3, b"CURVE") + b"\x06" + struct.pack(">Q", 1 << 40) + b"\x05HELLO",
        greeting(1, b""),
        b"\x01\x00\x02\x00x",  # ZMTP 1: no version, no mechanism
        bytes(4096),
        Random(1).randbytes(4096),
    ],
    ids=["http", "null", "plain", "hello", "long", "older", "oldest", "zeros", "chance"],
)
def test_bytes_that_are_no_handshake_lead_nowhere(besieged: Besieged, bytes_of_stranger: bytes) -> None:
    for target in [besieged.address, *besieged.endpoints]:
        host, _, port = target.removeprefix("tcp://").rpartition(":")
        cut_off = contextlib.suppress(ConnectionResetError, BrokenPipeError)  # before all was said
        with socket.create_connection((host, int(port)), 5) as stranger, cut_off:
            stranger.sendall(bytes_of_stranger)
            stranger.sendall(b"\x00\x40" + encode([StopCluster()]).ljust(64, b"\0"))
    besieged.stands()


def test_an_m_cannot_speak_for_another_m(besieged: Besieged) -> None:
    """It has the keys, is a member, and has a key of its own; and names itself as another when it comes to a third."""
    mine = new_pair()
    with besieged.member() as member, besieged.member() as other:
        member.say(RegisterM(os.getpid(), PYTHON, "tcp://127.0.0.1:9", key=mine.public))
        me = member.hear(Welcome).m
        peers = {peer.m: peer for peer in member.hear(Roster).peers}
        first = min(peers)
        target = peers[first]
        other.say(RegisterM(1, PYTHON, "tcp://127.0.0.1:9", key=new_pair().public))
        second = other.hear(Welcome).m
        with Hand(target.endpoint, b"m%d" % second, server=target.key, pair=mine) as impostor:
            impostor.say(Tell(ONE, 1, 1, 1, pickle.dumps(Bomb(besieged.crater))))
            until(lambda: _bad(besieged, first) == 1, "its frame to be dropped, whole as it was")
        with Hand(target.endpoint, b"m%d" % me, server=target.key, pair=mine) as honest:
            honest.say(Tell(ProgramId(99), 1, 1, 1, b""))
            honest.throw(b"garbage")
            until(lambda: _bad(besieged, first) == 2, "only the second of these to be")
    assert not besieged.crater.exists()


def _bad(besieged: Besieged, m: int) -> int:
    return next(row.bad_frames for row in besieged.status().ms if row.m == m)


def test_a_client_cannot_end_the_program_of_another(place: Place) -> None:
    place.cluster(workers=1)
    program = place.start("-m", "cluster", "run", place.write("app.py", LASTING))
    assert first_line(program) == "up"
    with Hand(place.address) as other:
        for number in range(4):
            other.throw(encode([Interrupt(ProgramId(number))]))  # as its client would send it
        (row,) = other.status().programs
        assert program.poll() is None
    with Hand(place.address) as own:
        own.say(
            StartProgram(
                "mine", Source(str(place.path / "app.py"), "", (), (), "/", ""), BY_PICKLE._replace(by_path=True), b""
            )
        )
        mine = own.hear(Accepted).program
        own.say(Interrupt(mine))
        assert own.hear(Ended).kind == "interrupted"
        assert [program.program for program in own.status().programs] == [row.program]


POOL = """
    import cluster
    def slow(path):
        with open(path) as gate:
            return gate.read()
    if __name__ == "__main__":
        with cluster.Cluster(address={address!r}) as c:
            future = c.submit(slow, {gate!r})
            print("up", flush=True)
            print(future.result(), flush=True)
"""


def bomb_record(program: ProgramId, crater: Path) -> Record:
    """A goroutine that makes a file."""
    return Record(program, -500, pickle.dumps((os.open, (str(crater), os.O_CREAT | os.O_WRONLY), ())))


def test_a_client_can_neither_submit_to_the_pool_of_another_nor_withdraw_from_it(place: Place) -> None:
    place.cluster(procs=2, workers=2)
    gate, crater = place.path / "gate", place.path / "crater"
    os.mkfifo(gate)
    script = place.write("pool.py", POOL.format(address=place.address, gate=str(gate)))
    client = place.start(script)
    assert first_line(client) == "up"
    with Hand(place.address) as other:
        until(lambda: other.status().programs, "the pool")
        (pool,) = (row.program for row in other.status().programs)
        numbers = tuple(range(-20, 0))
        for number in (pool, ProgramId(pool + 1)):
            other.say(Submit(number, (bomb_record(number, crater),), numbers))
            for carrier in numbers:
                other.say(Withdraw(number, numbers, force=True, end=True, carrier=carrier))
            other.say(Interrupt(number))
        assert [row.program for row in other.status().programs] == [pool]
        assert other.hears_nothing(Results, 3.0), "an M that was to be ended would have been by now"
        assert len(other.status().ms) == 2
    with open(gate, "w") as writing:
        writing.write("whole")
    assert first_line(client) == "whole"
    assert not crater.exists()


def test_what_is_submitted_to_ones_own_pool_runs(place: Place) -> None:
    place.cluster(procs=1, workers=1)
    crater = place.path / "crater"
    with Hand(place.address) as own:
        own.say(StartProgram("pool", HERE, BY_PICKLE._replace(pool=True), b""))
        mine = own.hear(Accepted).program
        own.say(Submit(mine, (bomb_record(mine, crater),), ()))
        until(crater.exists, "the bomb")
        own.say(Interrupt(mine))
        assert own.hear(Ended).kind == "interrupted"


def test_who_speaks_under_a_stale_epoch_or_of_anothers_p_is_refused_and_nothing_happens(place: Place) -> None:
    place.coordinator(procs=1)
    with Hand(place.address) as client, Hand(place.address) as m, Hand(place.address) as other:
        m.register(place.cluster_dir)
        m.hear(Welcome)
        client.say(StartProgram("p", HERE, BY_PICKLE._replace(by_path=True), b""))
        program = client.hear(Accepted).program
        m.hear(LoadProgram)
        lease = m.hear(LeaseP)
        m.hear(Work)
        other.say(RegisterM(1, PYTHON, f"ipc://{place.cluster_dir}/m-other.sock"))
        other.hear(Welcome)
        for speaker, epoch in ((m, lease.epoch - 1), (m, lease.epoch + 1), (other, lease.epoch), (client, lease.epoch)):
            speaker.say(MainReturned(lease.p, Epoch(epoch), program, b"stolen"))
            speaker.hear(Fenced)
        assert client.hears_nothing(Ended, 0.1)
        m.say(Renew(1, lease.p, lease.epoch, NO_LOAD), MainReturned(lease.p, lease.epoch, program, b"its own"))
        assert client.hear(Ended).value == b"its own"


TRY = """
import os, socket, sys
os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
for path in sys.argv[1:]:
    try:
        if path.endswith(".sock"):
            socket.socket(socket.AF_UNIX).connect(path)
        else:
            open(path).read()
        print("got in at", path)
    except PermissionError:
        print("kept out")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_of_the_machine_gets_neither_at_the_sockets_nor_at_the_keys(place: Place) -> None:
    place.path.chmod(0o755)
    place.cluster(workers=1)
    targets = [str(path) for path in sorted(place.cluster_dir.iterdir()) if path.suffix in (".sock", ".json")]
    assert len(targets) == 3
    assert nobody_tries(targets) == ["kept out"] * 3
    place.cluster_dir.chmod(0o755)  # somebody was careless with the directory: each file in it is shut, too
    assert nobody_tries(targets) == ["kept out"] * 3


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_of_the_machine_gets_at_no_large_argument(place: Place, tmp_path: Path) -> None:
    place.path.chmod(0o755)
    with Cluster(procs=1, workers=1) as embedded:
        place.cluster(workers=1)
        with Cluster(address=place.address) as joined:
            for number, cluster in enumerate((embedded, joined)):
                log = tmp_path / str(number)
                future = cluster.submit(waits, str(log), bytes(1_000_000))
                until(log.exists, "the task to have begun")
                directory = Path(cluster.address.removeprefix("ipc://")).parent
                files = [path.resolve() for path in directory.glob("large-*/*/*")]
                assert len(files) == 1
                assert nobody_tries([str(path) for path in files]) == ["kept out"]
                for above in (*files[0].parents,)[:3]:
                    if above.stat().st_mode & 0o777 == 0o700:  # somebody was careless with the directories
                        above.chmod(0o755)
                assert nobody_tries([str(path) for path in files]) == ["kept out"]
                assert future.cancel(running=True)


def nobody_tries(targets: list[str]) -> list[str]:
    script = TRY.format(nobody=NOBODY)
    tried = subprocess.run(
        [sys.executable, "-S", "-c", script, *targets], check=True, capture_output=True, text=True, timeout=20
    )
    return tried.stdout.splitlines()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give something to somebody else")
def test_a_directory_that_another_user_made_first_is_no_cluster_of_ours(place: Place) -> None:
    place.cluster_dir.mkdir(mode=0o700)
    trap = {"address": place.address, "pid": os.getpid(), "machine": socket.gethostname(), "keys": None}
    (place.cluster_dir / "connection.json").write_text(json.dumps(trap))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place.cluster_dir / "coordinator.sock"))
        listener.listen()
        listener.setblocking(False)
        os.chown(place.cluster_dir, NOBODY, NOBODY)
        app = place.write("app.py", "async def main(): print('fine')")
        commands: list[list[str | Path]] = [
            ["cluster", "run", app], ["cluster", "run", "--address", place.address, app], ["cluster", "status"],
            ["cluster", "stop"], ["worker"], ["worker", "--connect", place.address], ["coordinator"],
        ]  # fmt: skip
        for command in commands:
            done = place.run("-m", *command)
            assert (done.code, done.out) == (1, ""), command
            one_paragraph(done.err, rf"{place.cluster_dir} belongs to user {NOBODY} .* Use a directory of your own")
        with pytest.raises(BlockingIOError):
            listener.accept()  # nobody has come
    os.chown(place.cluster_dir, 0, 0)


def test_nothing_secret_is_in_logs_in_status_or_in_the_table_of_processes(besieged: Besieged) -> None:
    place, keys = besieged.place, besieged.keys
    with Hand(besieged.address, server=keys.server, pair=new_pair()) as stranger, besieged.member() as member:
        stranger.say(AskStatus())
        for _ in range(3):
            member.throw(b"garbage")
        until(lambda: besieged.status().turned_away and besieged.status().cut_off, "both to be noticed")
    told = ""
    for command in (
        ("-m", "cluster", "status"), ("-m", "cluster", "status", "--json"),
        ("-m", "cluster", "run", "--explain", place.write("app.py", "async def main(): print(1 / 0)")),
        ("-m", "cluster", "status", "--connection", place.path / "none.json"),
        ("-m", "cluster", "run", "--address", "tcp://127.0.0.1:1", place.path / "app.py"),
    ):  # fmt: skip
        done = place.run(*command)
        told += done.out + done.err
    both = (besieged.coordinator, besieged.worker)
    told += "".join(
        Path(f"/proc/{process.pid}/{what}").read_text() for process in both for what in ("cmdline", "environ")
    )
    for process in both:
        process.terminate()
    told += "".join(word for process in both for word in process.communicate())
    assert "bad frame dropped" in told and "turned away" in told and "ZeroDivisionError" in told
    assert [key for key in (keys.secret, keys.client, keys.server) if key in told] == []


def test_a_frame_that_claims_a_great_length_ends_its_connection(place: Place) -> None:
    coordinator, _ = place.cluster(workers=1)
    for path in sorted(place.cluster_dir.glob("*.sock")):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.settimeout(20)
            stranger.connect(str(path))
            stranger.sendall(greeting(3, b"NULL") + READY + b"\x02" + struct.pack(">Q", 1 << 40) + bytes(4096))
            until(lambda at=stranger: is_closed(at), "the end of the connection")  # type: ignore[misc]
    assert coordinator.poll() is None
    assert place.program("async def main(): print('fine')").out == "fine\n"


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has closed it; reads what it has said before."""
    try:
        return not connection.recv(4096)
    except (ConnectionResetError, BrokenPipeError):
        return True


def test_names_that_nobody_gives_himself_are_only_those_of_ids(place: Place) -> None:
    """PId and the like in this file are checked by the coordinator as numbers: any number may come."""
    place.coordinator(procs=1)
    with Hand(place.address) as m:
        m.register(place.cluster_dir)
        m.hear(Welcome)
        m.say(Renew(1, PId((1 << 63) - 1), Epoch(-(1 << 63)), NO_LOAD))
        m.hear(Fenced)
        assert len(m.status().ms) == 1
