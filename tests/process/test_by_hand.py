"""The manual way: `coordinator`, `worker`, `cluster run`, each in its own terminal; `cluster status` and `stop`."""

import json
import os
import re
from typing import TypedDict

import psutil
import pytest

from cluster.api.session import NO_WORKER
from cluster.kernel.stack import FRAME_BYTES
from cluster.launch.connection import lives
from tests.process.patience import PATIENCE_S
from tests.process.place import Place, descendants, first_line, one_paragraph, until
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)

ON_TWO = spreading("""
    async def main():
        _, pids = await spread(nothing)
        print(len(pids))
""")
LASTING = """
    from cluster import sleep
    async def main():
        print("up")
        await sleep(60)
"""


def test_coordinator_workers_and_programs_find_each_other(place: Place) -> None:
    place.cluster(procs=2, workers=2)
    assert place.program(ON_TWO).out == "2\n"
    assert place.embedded() == []  # the program ran on the cluster that was there


def test_workers_of_several_commands_serve_one_coordinator(place: Place) -> None:
    place.coordinator(procs=3)
    for _ in range(3):
        place.start("-m", "worker")
    place.wait_for_ms(3)
    ms = status(place)["ms"]
    assert [m["m"] for m in ms] == [0, 1, 2]
    assert place.program(ON_TWO.replace("(nothing)", "(nothing, ms=3)")).out == "3\n"


def test_options_name_another_directory_or_address(place: Place) -> None:
    other = place.path / "d"
    place.start("-m", "coordinator", "--dir", other)
    until((other / "connection.json").exists, "the connection file")
    place.start("-m", "worker", "--dir", other)
    place.start("-m", "worker", "--connect", f"ipc://{other}/coordinator.sock")
    until(lambda: len(list(other.glob("m-*.sock"))) == 2, "two Ms")
    done = place.program("async def main(): print('there')", "--address", f"ipc://{other}/coordinator.sock")
    assert done.out == "there\n"
    assert not place.cluster_dir.exists()


def test_a_program_may_be_there_before_any_worker(place: Place) -> None:
    place.coordinator()
    app = place.write("app.py", "async def main(): print('at last')")
    waiting = place.start("-m", "cluster", "run", app)
    until(lambda: status(place)["programs"], "the program in the status")
    place.start("-m", "worker")
    out, err = waiting.communicate()
    assert out == "at last\n"
    assert err in ("", NO_WORKER.decode())  # said to those who wait long, on a slow machine also here


def test_count_starts_so_many_ms_and_pin_gives_each_a_core(place: Place) -> None:
    place.coordinator()
    worker = place.start("-m", "worker", "--count", "3", "--pin")
    place.wait_for_ms(3)
    ms = descendants(worker)
    assert len(ms) == 3
    cpus = sorted(os.sched_getaffinity(0))
    pinned = sorted(psutil.Process(m.pid).cpu_affinity() or [] for m in ms)
    assert all(len(each) == 1 for each in pinned)
    assert {each[0] for each in pinned} == set(cpus[:3])


@pytest.mark.parametrize("count", ["0", "-1", "x", "1000000"])
def test_a_number_of_workers_that_makes_no_sense_is_refused(place: Place, count: str) -> None:
    place.coordinator()
    done = place.run("-m", "worker", "--count", count)
    assert done.code in (1, 2)
    one_paragraph(done.err, "--count")


def test_an_edit_of_a_file_and_of_its_helper_is_seen_by_the_next_run(place: Place) -> None:
    place.cluster()
    seen = []
    for version in ("a", "b", "c"):
        place.write("helper.py", f"VALUE = 'helper {version}'")
        text = f"import helper\nfrom cluster import Chan, go\nasync def child(c): await c.send(helper.VALUE)\n{SEND}"
        done = place.program(text.replace("VERSION", version))
        assert (done.code, done.err) == (0, "")
        seen += done.lines
    assert seen == ["a helper a", "b helper b", "c helper c"]


SEND = """
async def main():
    c = Chan()
    for _ in range(20):
        go(child, c)
    print("VERSION", *{await c.recv() for _ in range(20)})
"""


def test_programs_of_two_directories_have_their_own_helpers(place: Place) -> None:
    place.cluster()
    for name in ("one", "two"):
        place.write(f"{name}/helper.py", f"VALUE = {name!r}")
        place.write(f"{name}/app.py", "import helper\nasync def main(): print(helper.VALUE)")
    for name in ("one", "two", "one"):
        assert place.run("-m", "cluster", "run", f"{name}/app.py").out == f"{name}\n"


def test_two_programs_at_once_do_not_see_each_other(place: Place) -> None:
    place.cluster()
    app = place.write(
        "app.py",
        """
        import sys
        from cluster import Chan, go, gosched
        async def child(c):
            for _ in range(50):
                await gosched()
            await c.send(sys.argv[1])
        async def main():
            c = Chan()
            for _ in range(100):
                go(child, c)
            print({await c.recv() for _ in range(100)}, sys.argv[1:])
        """,
    )
    several = [place.start("-m", "cluster", "run", app, f"name{i}") for i in range(4)]
    for i, process in enumerate(several):
        assert process.communicate() == (f"{{'name{i}'}} ['name{i}']\n", "")


def test_a_panic_of_one_program_leaves_the_others_alone(place: Place) -> None:
    place.cluster()
    lasting = place.start("-m", "cluster", "run", place.write("lasting.py", LASTING))
    assert first_line(lasting) == "up"
    assert place.program("async def main(): 1 / 0").code == 2
    assert place.program("import sys\nasync def main(): sys.exit(5)").code == 5
    assert lasting.poll() is None
    assert [program["name"] for program in status(place)["programs"]] == [str(place.path / "lasting.py")]


class Seen(TypedDict):
    """What `cluster status --json` prints, as far as the tests look at it."""

    pid: int
    gomaxprocs: int
    address: str
    ps: list[dict[str, int]]
    ms: list[dict[str, int]]
    programs: list[dict[str, object]]


def status(place: Place) -> Seen:
    done = place.run("-m", "cluster", "status", "--json")
    assert (done.code, done.err) == (0, "")
    found: Seen = json.loads(done.out)
    return found


def test_status_shows_ps_ms_and_programs(place: Place) -> None:
    coordinator, worker = place.cluster(procs=3, workers=2)
    lasting = place.start("-m", "cluster", "run", place.write("lasting.py", LASTING))
    assert first_line(lasting) == "up"
    found = status(place)
    assert (found["pid"], found["gomaxprocs"], found["address"]) == (coordinator.pid, 3, place.address)
    assert [p["p"] for p in found["ps"]] == [0, 1, 2]
    assert sorted(m["pid"] for m in found["ms"]) == sorted(m.pid for m in descendants(worker))
    assert [program["name"] for program in found["programs"]] == [str(place.path / "lasting.py")]
    until(lambda: [program["goroutines"] for program in status(place)["programs"]] == [1], "its M to answer in time")
    shown = place.run("-m", "cluster", "status", COLUMNS="120").out
    assert f"coordinator pid {coordinator.pid} at {place.address}" in shown
    assert all(title in shown for title in ("Ps", "Ms", "Programs", "GOMAXPROCS 3", "lasting.py"))


def test_status_shows_how_far_stacks_have_grown(place: Place) -> None:
    place.cluster()
    deep = """
        from cluster import call, sleep
        async def deep(n):
            if n:
                return await call(deep, n - 1)
            print("up", flush=True)
            await sleep(60)
        async def main():
            await call(deep, 5_000)
    """
    assert first_line(place.start("-m", "cluster", "run", place.write("deep.py", deep))) == "up"
    (program,) = until(lambda: [row for row in status(place)["programs"] if row["stacks"]], "its M to answer in time")
    assert program["stacks"] == program["largest_stack"] and isinstance(program["stacks"], int)
    assert program["stacks"] >= 5_000 * FRAME_BYTES and program["stacks"] & (program["stacks"] - 1) == 0
    assert "KiB" in place.run("-m", "cluster", "status", COLUMNS="120").out


def test_stop_ends_programs_workers_and_coordinator(place: Place) -> None:
    coordinator, worker = place.cluster()
    lasting = place.start("-m", "cluster", "run", place.write("lasting.py", LASTING))
    assert first_line(lasting) == "up"
    stopped = place.run("-m", "cluster", "stop")
    assert (stopped.code, stopped.err) == (0, "")
    assert (coordinator.wait(PATIENCE_S), worker.wait(PATIENCE_S)) == (0, 0)
    _, err = lasting.communicate()
    assert lasting.returncode == 1
    one_paragraph(err, "the cluster was stopped")
    assert place.sockets() == []


def test_stop_returns_when_the_cluster_is_gone_and_another_can_be_started_at_once(place: Place) -> None:
    for _ in range(3):
        place.coordinator()
        assert place.run("-m", "cluster", "stop").code == 0
        assert place.sockets() == []


def test_without_a_cluster_status_and_stop_and_worker_say_so(place: Place) -> None:
    for command in (("cluster", "status"), ("cluster", "stop"), ("worker",)):
        done = place.run("-m", *command)
        assert done.code == 1
        one_paragraph(done.err, r"no coordinator lives in \S+\. Start one with `coordinator`")


def test_a_second_coordinator_of_a_directory_is_refused(place: Place) -> None:
    first = place.coordinator()
    for options in ((), ("--dir", place.cluster_dir), ("--bind", place.address)):
        second = place.run("-m", "coordinator", *options)
        assert second.code == 1
        one_paragraph(second.err, r"a coordinator is running in \S+: use it")
    assert status(place)["pid"] == first.pid


def test_a_killed_coordinator_leaves_a_directory_that_the_next_one_takes(place: Place) -> None:
    first = place.coordinator()
    first.kill()
    first.wait()
    one_paragraph(place.run("-m", "cluster", "status").err, "no coordinator lives in")
    second = place.start("-m", "coordinator")
    until(lambda: lives(place.address, second.pid), "the second coordinator")
    place.start("-m", "worker")
    assert place.program("async def main(): print('taken over')").out == "taken over\n"


@pytest.mark.parametrize("procs", ["0", "-1", "x", "100000"])
def test_a_number_of_ps_that_makes_no_sense_is_refused(place: Place, procs: str) -> None:
    done = place.run("-m", "coordinator", "--procs", procs)
    assert done.code in (1, 2)
    one_paragraph(done.err, "--procs")
    assert place.sockets() == []


def test_a_directory_that_others_can_enter_is_refused(place: Place) -> None:
    place.cluster_dir.mkdir(mode=0o755)
    done = place.run("-m", "coordinator")
    assert done.code == 1
    one_paragraph(done.err, r"mode 0755: others could reach")


def test_a_directory_with_a_long_name_is_refused(place: Place) -> None:
    done = place.run("-m", "coordinator", "--dir", place.path / ("x" * 100))
    assert done.code == 1
    one_paragraph(done.err, "is longer than 107 bytes: choose a directory with a shorter name")


def test_the_connection_file_is_for_its_owner_only(place: Place) -> None:
    place.coordinator()
    modes = {path.name: path.stat().st_mode & 0o777 for path in [place.cluster_dir, *place.cluster_dir.glob("*.json")]}
    assert modes == {"c": 0o700, "connection.json": 0o600}


@pytest.mark.parametrize("program", ["cluster", "coordinator", "worker"])
def test_help_opens_with_what_it_does_and_has_examples(place: Place, program: str) -> None:
    done = place.run("-m", program, "--help")
    assert done.code == 0
    assert re.search(r"(?i)examples:", done.out)


def test_a_coordinator_that_cannot_listen_says_so_unless_its_launcher_has_gone(place: Place) -> None:
    (place.cluster_dir / "coordinator.sock").mkdir(parents=True)
    place.cluster_dir.chmod(0o700)
    done = place.run("-m", "coordinator")
    assert done.code == 1
    one_paragraph(done.err, "cannot serve at ipc://")
    done = place.run("-m", "coordinator", "--exit-with-parent")  # its standard input is at its end
    assert (done.code, done.out, done.err) == (0, "", "")
