"""`cluster why`: one goroutine of a running cluster, seen from another terminal."""

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest
from click.testing import CliRunner

from cluster.cli.why import command
from tests.process.place import Place, first_line

pytestmark = pytest.mark.timeout(60)

# They compute until both Ms have some of them, so that some who wait for the lock and the channel of main's M are on
# the other.
ACROSS = """
    import os
    from cluster import Chan, Mutex, go, gosched, sleep, stack
    os.makedirs("pids", exist_ok=True)
    async def computes():
        while len(os.listdir("pids")) < 2:
            open(f"pids/{os.getpid()}", "w").close()
            sum(range(20_000))
            await gosched()
    async def holds(mu, held):
        async with mu:
            await held.send(True)
            await sleep(100)
    async def wants(mu, chan):
        await computes()
        async with mu:
            await chan.recv()
    async def receives(chan):
        await computes()
        await chan.recv()
    async def main():
        mu, chan, held = Mutex(), Chan(), Chan()
        go(holds, mu, held)
        await held.recv()  # before anybody on another M wants it
        for _ in range(3):
            go(wants, mu, chan)
        for _ in range(6):
            go(receives, chan)
        while [(await stack(True)).count(f"[{why}]") for why in ("semacquire", "chan receive")] != [3, 6]:
            await sleep(0.01)
        print("up")
        await Chan().recv()
"""


def why(place: Place, goid: int, *more: str) -> dict[str, Any]:
    """What the command tells; in this process, for there are many."""
    runner = CliRunner(env={"GMP_CLUSTER_DIR": str(place.cluster_dir)})
    done = runner.invoke(command, [str(goid), "--json", *more], catch_exceptions=False)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def started(place: Place, text: str) -> subprocess.Popen[str]:
    program = place.start("-m", "cluster", "run", place.write("app.py", text))
    assert first_line(program) == "up"
    return program


def test_who_waits_on_another_m_is_told_the_state_at_home_and_who_holds_it(place: Place) -> None:
    place.cluster(procs=2, workers=2)
    started(place, ACROSS)
    told = [why(place, goid) for goid in range(1, 12)]
    assert [one["place"] for one in told] == ["m"] * 11
    assert {one["m"] for one in told} == {0, 1}, "some have been stolen"
    for one in told[2:5]:
        (waits,) = one["waits_for"]
        assert (one["state"], waits["kind"], waits["facts"]["locked"]) == ("waiting [semacquire]", "mutex", "yes")
        assert [held["goid"] for held in waits["inside"]] == [2] and len(waits["waiting"]) == 2
    for one in told[5:]:
        (waits,) = one["waits_for"]
        assert (waits["kind"], waits["doing"], waits["facts"]["receivers waiting"]) == ("chan", "receive", "6")
        assert len([who for who in waits["waiting"] if who["doing"] == "receive"]) == 5
    stolen = [one for one in told[1:] if one["m"] != one["made_on"]]
    assert stolen and all(one["moves"][-1]["m"] == one["m"] for one in stolen)
    text = place.run("-m", "cluster", "why", "3").out
    assert "created by main.main" in text and "inside of its `async with`" in text


def test_of_an_m_that_is_stopped_only_the_coordinator_knows(place: Place) -> None:
    # An address for others than this machine: an M may be silent for fifteen seconds there, and not for three.
    place.start("-m", "coordinator", "--procs", "2", "--bind", "tcp://0.0.0.0:0")
    place.wait_for_sockets("connection.json", 1)
    place.start("-m", "worker", "--count", "2")
    started(place, ACROSS)
    told = [why(place, goid) for goid in range(1, 12)]
    away = next(one for one in told[1:] if one["m"] != told[0]["m"])
    os.kill(away["pid"], signal.SIGSTOP)
    try:
        done = place.run("-m", "cluster", "why", str(away["goid"]))
        near = place.run("-m", "cluster", "why", "1")
    finally:
        os.kill(away["pid"], signal.SIGCONT)
    assert done.code == 0 and near.code == 0, done.err + near.err
    assert f"M{away['m']} (pid {away['pid']}) has said nothing for" in done.out
    assert "its process is stopped" in done.out and "does not answer" in done.out
    assert "where: on M" in near.out and f"did not answer: M{away['m']}" in near.out


def test_a_program_must_be_named_when_several_have_such_a_goroutine(place: Place) -> None:
    place.cluster(procs=2, workers=2)
    for _ in range(2):
        started(place, SLEEPS)
    done = place.run("-m", "cluster", "why", "1")
    assert done.code == 1 and "programs 1 (" in done.err and "--program" in done.err
    assert why(place, 1, "--program", "2")["program"] == 2
    for goid, more, said in (("1", ("--program", "7"), "no program 7"), ("99", (), "no goroutine 99 in program 1, 2")):
        done = place.run("-m", "cluster", "why", goid, *more)
        assert done.code == 1 and said in done.err
    assert place.run("-m", "cluster", "why", "x").code == 2


def test_one_that_computes_is_running_and_was_seen_to_run(place: Place) -> None:
    place.cluster(procs=2, workers=2)
    begin = time.monotonic()
    program = place.start("-m", "cluster", "run", "--trace", "out.json", place.write("app.py", BUSY))
    assert first_line(program) == "up"
    told = why(place, 1)
    assert told["state"] in ("running", "runnable") and told["slices"] > 0
    assert told["ran_s"] < time.monotonic() - begin
    program.send_signal(signal.SIGINT)
    program.wait()


SLEEPS = """
    from cluster import sleep
    async def main():
        print("up")
        await sleep(100)
"""
BUSY = """
    async def main():
        print("up")
        while True:
            pass
"""
