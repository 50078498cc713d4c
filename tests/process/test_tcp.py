"""A cluster on TCP: keys are made by the coordinator, found in its connection file, and needed by all who come."""

import json
import os
import re
import stat
from pathlib import Path

import pytest

from cluster.launch import connection
from tests.process.hand import Hand
from tests.process.place import Place, first_line, one_paragraph, until
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)

LOOPBACK = "tcp://127.0.0.1:0"
ON_TWO = spreading("""
    async def main():
        _, pids = await spread(nothing)
        print(len(pids))
""")
FINE = "async def main(): print('fine')"


def on_tcp(place: Place, *options: str, workers: int = 2) -> str:
    """Start a coordinator, and workers, on TCP; its address."""
    place.start("-m", "coordinator", "--bind", LOOPBACK, "--procs", "2", *options)
    place.wait_for_sockets("connection.json", 1)
    if workers:
        place.start("-m", "worker", "--count", str(workers))
        until(lambda: len(status(place)["ms"]) == workers, f"{workers} Ms")
    return str(json.loads((place.cluster_dir / "connection.json").read_text())["address"])


def status(place: Place, *options: str) -> dict[str, list[object]]:
    done = place.run("-m", "cluster", "status", "--json", *options)
    assert done.code == 0, done.err
    found: dict[str, list[object]] = json.loads(done.out)
    return found


def test_programs_run_on_several_ms_over_tcp_as_over_sockets(place: Place) -> None:
    address = on_tcp(place)
    assert re.fullmatch(r"tcp://127\.0\.0\.1:\d+", address)
    assert place.program(ON_TWO).out == "2\n"
    assert place.program(ON_TWO, "--address", address).out == "2\n"
    assert place.embedded() == [] and list(place.cluster_dir.glob("*.sock")) == []
    joined = f"import cluster\nwith cluster.Cluster(address={address!r}) as c: print(c.run(pow, 2, 5))"
    assert place.run("-c", joined).out == "32\n"
    stopped = place.run("-m", "cluster", "stop", "--address", address)
    assert (stopped.code, stopped.err) == (0, "")
    assert place.run("-m", "cluster", "status").code == 1


def test_keys_are_in_the_connection_file_which_only_its_owner_can_read(place: Place) -> None:
    on_tcp(place, workers=0)
    file = place.cluster_dir / "connection.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.cluster_dir.stat().st_mode) == 0o700
    keys = json.loads(file.read_text())["keys"]
    assert sorted(keys) == ["client", "secret", "server"]
    place.run("-m", "cluster", "stop")
    until(lambda: not file.exists(), "its end")
    on_tcp(place, workers=0)
    again = json.loads(file.read_text())["keys"]
    assert not set(keys.values()) & set(again.values()), "each life of a coordinator has keys of its own"


def test_a_copied_connection_file_leads_to_the_cluster_from_anywhere(place: Place) -> None:
    address = on_tcp(place, workers=0)
    copy = place.path / "elsewhere" / "copied.json"
    copy.parent.mkdir()
    found = json.loads((place.cluster_dir / "connection.json").read_text())
    copy.touch(0o600)
    copy.write_text(json.dumps(found | {"machine": "another", "pid": 4_000_000}))
    nowhere = {"GMP_CLUSTER_DIR": str(place.path / "nowhere")}
    app = place.write("app.py", ON_TWO)
    place.start("-m", "worker", "--connection", copy, env=nowhere)
    place.start("-m", "worker", "--connect", address, env=nowhere | {"GMP_CLUSTER_CONNECTION": str(copy)})
    by_option = ("-m", "cluster", "run", "--connection", copy, app)
    assert place.run(*by_option, **nowhere).out == "2\n"
    assert place.run("-m", "cluster", "run", app, **nowhere, GMP_CLUSTER_CONNECTION=str(copy)).out == "2\n"
    joined = f"import cluster\nwith cluster.Cluster(connection={str(copy)!r}) as c: print(c.run(pow, 2, 5))"
    assert place.run("-c", joined, **nowhere).out == "32\n"
    refused = place.run("-m", "cluster", "run", "--address", address, app, **nowhere)
    assert refused.code == 1
    one_paragraph(
        refused.err, r"can only be reached with the keys .* with --connection FILE or \$GMP_CLUSTER_CONNECTION"
    )


def test_a_file_of_keys_that_others_can_read_is_refused(place: Place) -> None:
    on_tcp(place, workers=0)
    copy = place.path / "copied.json"
    copy.write_text((place.cluster_dir / "connection.json").read_text())
    for mode in (0o640, 0o604, 0o620):
        copy.chmod(mode)
        done = place.run("-m", "cluster", "status", "--connection", copy)
        assert done.code == 1
        one_paragraph(done.err, rf"has mode {mode:04o}: it holds keys, .* `chmod 600` it")
    copy.chmod(0o600)
    assert place.run("-m", "cluster", "status", "--connection", copy).code == 0


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:0", "tcp://*:7878", "tcp://[::]:0", "tcp://10.1.2.3:7878"])
def test_no_bind_beyond_the_loopback_without_keys(place: Place, address: str) -> None:
    done = place.run("-m", "coordinator", "--bind", address, "--no-keys")
    assert done.code == 1
    one_paragraph(done.err, "without keys anybody who reaches it could run code as this user. Leave --no-keys out")
    assert not (place.cluster_dir / "connection.json").exists()


def test_without_keys_the_loopback_is_open_and_the_operator_is_told(place: Place) -> None:
    coordinator = place.start("-m", "coordinator", "--bind", LOOPBACK, "--no-keys", "--procs", "2")
    place.wait_for_sockets("connection.json", 1)
    place.start("-m", "worker", "--count", "2")
    assert place.program(ON_TWO).out == "2\n"
    address = json.loads((place.cluster_dir / "connection.json").read_text())["address"]
    with Hand(address) as anybody:
        assert anybody.status().pid == coordinator.pid
    place.run("-m", "cluster", "stop")
    assert "no keys: every user of this machine can run code as this one" in coordinator.communicate()[1]


def test_ms_that_would_listen_beyond_the_loopback_without_keys_are_refused(place: Place) -> None:
    place.start("-m", "coordinator", "--bind", LOOPBACK, "--no-keys")
    place.wait_for_sockets("connection.json", 1)
    done = place.run("-m", "worker", "--listen", "0.0.0.0")
    assert done.code == 1
    one_paragraph(done.err, "can be reached from other machines, and without keys")


@pytest.mark.parametrize("address", ["tcp://nowhere", "tcp://127.0.0.1:99999", "udp://127.0.0.1:7", "7878"])
def test_an_address_that_is_none_is_refused(place: Place, address: str) -> None:
    done = place.run("-m", "coordinator", "--bind", address)
    assert done.code == 1
    one_paragraph(done.err, "should look like tcp://HOST:PORT, or like ipc:///directory/")


def test_a_port_that_is_taken_is_told(place: Place) -> None:
    address = on_tcp(place, workers=0)
    done = place.run("-m", "coordinator", "--bind", address, "--dir", place.path / "other")
    assert done.code == 1
    one_paragraph(done.err, rf"cannot serve at {address}: Address already in use")


def test_all_users_of_a_name_find_the_address_behind_it(place: Place) -> None:
    coordinator = place.start("-m", "coordinator", "--bind", "tcp://localhost:0")
    place.wait_for_sockets("connection.json", 1)
    assert place.run("-m", "cluster", "status").code == 0
    coordinator.terminate()
    assert coordinator.wait() == 0


def test_a_directory_that_others_can_enter_or_own_is_refused_by_all_who_look_there(place: Place) -> None:
    place.coordinator()
    place.cluster_dir.chmod(0o750)
    app = place.write("app.py", FINE)
    commands = [
        ["-m", "coordinator", "--dir", place.cluster_dir],
        ["-m", "worker"],
        ["-m", "worker", "--connect", place.address],
        ["-m", "cluster", "status"],
        ["-m", "cluster", "run", app],
        ["-m", "cluster", "run", "--address", place.address, app],
    ]
    for command in commands:
        done = place.run(*command)
        assert done.code == 1, command
        one_paragraph(
            done.err, r"has mode 0750: others could reach the cluster's sockets in it\. Use a directory of your own"
        )
    place.cluster_dir.chmod(0o700)


def test_sockets_are_their_owners_alone_even_if_their_directory_is_opened(place: Place) -> None:
    place.cluster(workers=1)
    sockets = [path for path in place.cluster_dir.iterdir() if path.suffix == ".sock"]
    assert len(sockets) == 2
    assert [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in sockets] == [0, 0]


def test_a_connection_file_is_written_in_one_piece_and_read_back(tmp_path: Path) -> None:
    keys = connection.Keys("s" * 40, "c" * 40, "x" * 40)
    written = connection.Connection("tcp://10.0.0.1:7", os.getpid(), "machine", keys)
    connection.write(tmp_path / "c.json", written)
    assert connection.read(tmp_path / "c.json") == written
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


def test_a_program_that_prints_goes_on_while_others_come_and_go_over_tcp(place: Place) -> None:
    on_tcp(place, workers=1)
    lasting = place.write("lasting.py", "from cluster import sleep\nasync def main():\n print('up')\n await sleep(60)")
    program = place.start("-m", "cluster", "run", lasting)
    assert first_line(program) == "up"
    place.start("-m", "worker", "--count", "2")
    until(lambda: len(status(place)["ms"]) == 3, "three Ms")
    assert place.program(ON_TWO).out == "2\n"
    program.terminate()
    program.communicate()
    until(lambda: not status(place)["programs"], "its end")
