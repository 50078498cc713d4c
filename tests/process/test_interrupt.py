"""Ctrl-C and SIGTERM: whoever gets it ends cleanly, and nothing is left of it."""

import signal
import subprocess

import pytest

from tests.process.place import Place, descendants, first_line, gone, one_paragraph, until

pytestmark = pytest.mark.timeout(60)

BODY = {
    "sleeps": "await sleep(60)",
    "switches": "while True: await gosched()",
    "computes": "while True: pass",
    "blocks": "time.sleep(60)",
}


def program(body: str) -> str:
    return f"""
    import time
    import cluster
    from cluster import gosched, sleep
    async def main():
        print("up")
        {body}
    if __name__ == "__main__":
        cluster.run(main)
    """


@pytest.mark.parametrize("body", BODY)
def test_ctrl_c_of_a_command_ends_its_program_and_all_processes(place: Place, body: str) -> None:
    process = place.start("-m", "cluster", "run", place.write("app.py", program(BODY[body])))
    ended_by_ctrl_c(place, process)
    assert process.returncode == 130
    assert process.stderr is not None
    assert process.stderr.read().strip() == ""


@pytest.mark.parametrize("body", BODY)
def test_ctrl_c_of_a_script_raises_keyboard_interrupt_in_it(place: Place, body: str) -> None:
    process = place.start(place.write("script.py", program(BODY[body])))
    ended_by_ctrl_c(place, process)
    assert process.returncode == -signal.SIGINT  # Python's own way to end: a shell shows 130
    assert process.stderr is not None
    assert process.stderr.read().rstrip().endswith("KeyboardInterrupt")


def ended_by_ctrl_c(place: Place, process: subprocess.Popen[str]) -> None:
    assert first_line(process) == "up"
    below = descendants(process)
    assert len(below) >= 3  # coordinator, nursery, Ms
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert [child.pid for child in below if not gone(child.pid)] == []
    assert place.embedded() == []


def test_a_script_may_go_on_after_ctrl_c(place: Place) -> None:
    script = place.write(
        "script.py",
        """
        import cluster
        from cluster import sleep
        async def main():
            print("up")
            await sleep(60)
        async def second():
            return "again"
        if __name__ == "__main__":
            with cluster.Cluster(2, 2) as c:
                try:
                    c.run(main)
                except KeyboardInterrupt:
                    print(c.run(second))
        """,
    )
    process = place.start(script)
    assert first_line(process) == "up"
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("again\n", "")


def test_ctrl_c_of_a_client_leaves_the_cluster_that_it_joined(place: Place) -> None:
    coordinator, worker = place.cluster()
    client = place.start("-m", "cluster", "run", place.write("app.py", program(BODY["sleeps"])))
    assert first_line(client) == "up"
    client.send_signal(signal.SIGINT)
    assert client.wait(10) == 130
    assert (coordinator.poll(), worker.poll()) == (None, None)
    assert place.program("async def main(): print('serves on')").out == "serves on\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("body", ["sleeps", "computes"])
def test_a_signal_to_the_coordinator_ends_the_cluster(place: Place, number: signal.Signals, body: str) -> None:
    coordinator, worker = place.cluster()
    ms = descendants(worker)
    client = place.start("-m", "cluster", "run", place.write("app.py", program(BODY[body])))
    assert first_line(client) == "up"
    coordinator.send_signal(number)
    assert coordinator.wait(10) == 0
    _, err = client.communicate()
    assert client.returncode == 1
    one_paragraph(err, "the cluster was stopped")
    assert worker.wait(10) == 0
    until(lambda: all(gone(m.pid) for m in ms), "the end of all Ms")
    assert place.sockets() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("body", ["sleeps", "computes"])
def test_a_signal_to_the_workers_ends_them_and_the_programs_on_them(
    place: Place, number: signal.Signals, body: str
) -> None:
    coordinator, worker = place.cluster()
    ms = descendants(worker)
    client = place.start("-m", "cluster", "run", place.write("app.py", program(BODY[body])))
    assert first_line(client) == "up"
    worker.send_signal(number)
    assert worker.wait(10) == 0
    assert all(gone(m.pid) for m in ms)
    _, err = client.communicate()
    assert client.returncode == 1
    one_paragraph(err, r"LostError: M \d+ \(pid \d+\)")
    assert coordinator.poll() is None
    assert place.sockets() == ["connection.json", "coordinator.sock"]


def test_idle_workers_and_coordinator_end_at_once(place: Place) -> None:
    coordinator, worker = place.cluster()
    worker.send_signal(signal.SIGINT)
    assert worker.wait(5) == 0
    coordinator.send_signal(signal.SIGINT)
    assert coordinator.wait(5) == 0
    assert place.sockets() == []
