"""Processes that die, however they die: everybody else hears of it, and nobody hangs."""

import contextlib
import json
import os
import re
import signal
import time
from subprocess import Popen

import psutil
import pytest

from tests.process.hand import Hand
from tests.process.patience import PATIENCE_S
from tests.process.place import Place, descendants, first_line, gone, one_paragraph, until
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)

PIDS = spreading("""
    import sys, time
    import cluster
    async def stay():
        await sleep(60)
    async def main():
        _, pids = await spread(stay)
        print("pids", os.getpid(), *(pids - {os.getpid()}))
        await sleep(60)
    if __name__ == "__main__":
        cluster.run(main, procs=2)
""")
ALONE = """
    import os
    from cluster import sleep
    async def main():
        print("pids", os.getpid())
        await sleep(60)
"""


def pids_of(process: Popen[str]) -> list[int]:
    """The processes that run goroutines of the program; main's first."""
    return [int(word) for word in first_line(process, "pids").split()[1:]]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGALRM])
def test_a_worker_that_is_killed_ends_its_program_with_lost_error(
    place: Place, which: int, number: signal.Signals
) -> None:
    process = place.start("-m", "cluster", "run", "-p", "2", place.write("app.py", PIDS))
    victim = pids_of(process)[which]
    os.kill(victim, number)
    _, err = process.communicate()
    assert process.returncode == 1
    # By its parent's word: who is given up by its silence is said to have been silent.
    assert re.search(rf"cluster\.LostError: M \d+ \(pid {victim}\) was killed by signal {number.value}\b", err), err
    one_paragraph(err, "with goroutines of this program on it")


def test_a_worker_that_ends_itself_is_reported_with_its_exit_code(place: Place) -> None:
    done = place.program("import os\nasync def main():\n    os._exit(17)")
    assert done.code == 1
    one_paragraph(done.err, r"LostError: M \d+ \(pid \d+\) exited with code 17")


def test_a_worker_that_is_stopped_is_given_up(place: Place) -> None:
    process = place.start("-m", "cluster", "run", "-p", "2", place.write("app.py", PIDS))
    victim = pids_of(process)[1]
    os.kill(victim, signal.SIGSTOP)
    _, err = process.communicate()
    assert process.returncode == 1
    one_paragraph(err, rf"LostError: M \d+ \(pid {victim}\) was silent for \d\.\d s")
    until(lambda: gone(victim), "the end of the stopped worker")


def test_lost_error_is_raised_in_a_script(place: Place) -> None:
    text = PIDS.replace(
        "cluster.run(main, procs=2)",
        """try:
        cluster.run(main, procs=2)
    except cluster.LostError as error:
        print("lost", error)""",
    )
    process = place.start(place.write("script.py", text))
    victim = pids_of(process)[1]
    os.kill(victim, signal.SIGKILL)
    out, err = process.communicate()
    assert err == ""
    assert re.match(rf"lost M \d \(pid {victim}\) was killed by signal 9", out)


def test_the_death_of_a_worker_leaves_programs_alone_that_it_had_no_part_in(place: Place) -> None:
    place.cluster(procs=1, workers=1)
    process = place.start("-m", "cluster", "run", place.write("app.py", ALONE))
    (pid,) = pids_of(process)
    other = place.start("-m", "worker")
    place.wait_for_ms(2)
    (idle,) = descendants(other)
    idle.kill()
    until(lambda: [child.pid for child in descendants(other)] not in ([], [idle.pid]), "another M in its place")
    with Hand(place.address) as visitor:
        until(lambda: len(visitor.status().ms) == 2, "its registration")
    ms = json.loads(place.run("-m", "cluster", "status", "--json").out)["ms"]
    assert [m["pid"] for m in ms].count(pid) == 1
    assert process.poll() is None


def test_ms_that_die_again_and_again_are_made_anew_until_there_are_too_many(place: Place) -> None:
    """Fewer, and in more time, than by itself: how fast they can be killed, this machine says."""
    place.coordinator()
    few, limits = 12, "nursery.RESTARTS_MAX, nursery.RESTARTS_S = 12, 600.0"
    worker = place.start(
        "-c", f"import sys\nfrom worker import __main__, nursery\n{limits}\nsys.exit(__main__.main([]))"
    )
    killed: set[int] = set()  # some are seen once more before their parent has reaped them
    while worker.poll() is None and len(killed) < 2 * few:
        for child in descendants(worker):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
                killed.add(child.pid)
    _, err = worker.communicate()
    assert worker.returncode == 1 and len(killed) > few
    one_paragraph(err, rf"{few} Ms have died in 600 s, the last one, pid \d+, killed by signal 9")


def test_after_a_worker_died_the_others_run_the_next_program(place: Place) -> None:
    _, worker = place.cluster(procs=2, workers=2)
    process = place.start("-m", "cluster", "run", place.write("app.py", PIDS))
    os.kill(pids_of(process)[1], signal.SIGKILL)
    assert process.wait(PATIENCE_S) == 1
    assert worker.poll() is None
    assert place.program("async def main(): print('goes on')").out == "goes on\n"


def test_without_its_coordinator_a_cluster_ends(place: Place) -> None:
    coordinator, worker = place.cluster()
    ms = descendants(worker)
    client = place.start("-m", "cluster", "run", place.write("app.py", PIDS))
    pids_of(client)
    coordinator.kill()
    _, err = client.communicate()
    assert client.returncode == 1
    one_paragraph(err, "the coordinator at .* does not answer any more")
    worker.wait(PATIENCE_S)
    until(lambda: all(gone(m.pid) for m in ms), "the end of all Ms")
    assert list(place.cluster_dir.glob("m-*.sock")) == []


def test_ms_that_were_cut_off_for_longer_than_they_bear_come_back(place: Place) -> None:
    coordinator, worker = place.cluster()
    took = 5.0
    while took >= 5.0:  # eight renewals are four seconds; from six on they take it for dead, and it may come back late
        ms = {m.pid for m in descendants(worker)}
        began = time.monotonic()
        coordinator.send_signal(signal.SIGSTOP)
        time.sleep(4.1)
        coordinator.send_signal(signal.SIGCONT)
        took = time.monotonic() - began
        place.wait_for_ms(2)
    assert place.program("async def main(): print('goes on')").out == "goes on\n"
    assert worker.poll() is None and {m.pid for m in descendants(worker)} == ms


def test_an_m_that_computes_ends_with_its_coordinator_too(place: Place) -> None:
    coordinator, worker = place.cluster()
    app = place.write("app.py", "async def main():\n    print('up')\n    while True: pass")
    client = place.start("-m", "cluster", "run", app)
    assert first_line(client) == "up"
    coordinator.kill()
    assert client.wait(PATIENCE_S) == 1
    assert worker.wait(PATIENCE_S) is not None


@pytest.mark.parametrize("name", ["coordinator", "worker"])
def test_when_a_process_of_an_embedded_cluster_is_killed_the_command_says_so(place: Place, name: str) -> None:
    process = place.start("-m", "cluster", "run", "-p", "2", place.write("app.py", PIDS))
    pids_of(process)
    (victim,) = [child for child in psutil.Process(process.pid).children() if name in child.cmdline()]
    victim.kill()
    _, err = process.communicate()
    assert process.returncode == 1
    # By the end of the process: who is given up by its silence is said not to answer.
    one_paragraph(err, f"the {name} process of the embedded cluster \\(pid {victim.pid}\\) (ended|was killed)")
    assert place.embedded() == []


@pytest.mark.parametrize("body", ["await sleep(60)", "while True: pass", "time.sleep(60)"])
def test_when_the_process_that_embeds_a_cluster_is_killed_nothing_is_left(place: Place, body: str) -> None:
    text = PIDS.replace("await sleep(60)\nif", f"{body}\nif")
    process = place.start(place.write("script.py", text))
    pids_of(process)
    below = descendants(process)
    assert len(below) >= 4  # coordinator, nursery, two Ms
    process.kill()
    until(lambda: all(gone(child.pid) for child in below), "the end of all processes")
    until(lambda: place.embedded() == [], "the removal of the directory")


def test_a_client_that_is_killed_takes_its_program_with_it(place: Place) -> None:
    place.cluster()
    client = place.start("-m", "cluster", "run", place.write("app.py", PIDS))
    pids_of(client)
    client.kill()
    with Hand(place.address) as visitor:
        until(lambda: not visitor.status().programs, "the end of the program")
    assert place.program("async def main(): print('goes on')").out == "goes on\n"
