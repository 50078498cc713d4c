"""No lease, no goroutine: what the coordinator says to Ms that the test plays, over a real socket."""

import pickle
import re
from collections.abc import Iterator
from subprocess import Popen

import pytest

from cluster.model.ids import NO_P, Epoch, PId, ProgramId
from cluster.wire.messages import (
    Drop,
    Dropped,
    Fenced,
    FindWork,
    Give,
    LeaseP,
    LoadProgram,
    MainFailed,
    MainReturned,
    Message,
    Output,
    Pull,
    Record,
    ReleaseP,
    Renew,
    Renewed,
    Roster,
    Stop,
    Welcome,
    Work,
)
from tests.process.hand import NO_LOAD, Hand
from tests.process.place import Place, until

pytestmark = pytest.mark.timeout(60)

PROGRAM = ProgramId(1)
SCRIPT = """
    import cluster
    async def main():
        raise AssertionError("no M that the test plays runs this")
    if __name__ == "__main__":
        print("main returned", cluster.run(main, address=ADDRESS))
"""


@pytest.fixture
def client(place: Place) -> Popen[str]:
    """A program that waits for an M, on a cluster of two Ps without any."""
    place.coordinator(procs=2)
    text = SCRIPT.replace("ADDRESS", repr(place.address))
    client = place.start(place.write("script.py", text))
    with Hand(place.address) as visitor:  # an M must not fall silent while it waits for the program
        until(lambda: visitor.status().programs, "the program")
    return client


@pytest.fixture
def m(place: Place, client: Popen[str]) -> Iterator[Hand]:
    """An M that holds P0, with main on it."""
    with Hand(place.address) as m:
        m.register(place.cluster_dir)
        yield m


def under(p: PId, epoch: Epoch) -> list[Message]:
    """All that an M can say of a P, as if it held it under that epoch."""
    return [
        MainReturned(p, epoch, PROGRAM, pickle.dumps("stolen")),
        MainFailed(p, epoch, PROGRAM, "exit", 3, ""),
        FindWork(p, epoch, NO_LOAD),
        ReleaseP(p, epoch, NO_LOAD, False),
        Pull(p, epoch),
        Give(p, epoch, (Record(PROGRAM, 2, b"x"),)),
    ]


def test_an_m_with_a_lease_gets_work_and_returns_what_main_returned(m: Hand, client: Popen[str]) -> None:
    welcome = m.hear(Welcome)
    assert (welcome.m, welcome.procs) == (0, 2)
    assert m.hear(Roster).peers[0].m == 0
    assert m.hear(LoadProgram).source.path.endswith("script.py")
    lease = m.hear(LeaseP)
    assert (lease.p, lease.epoch) == (0, 1)
    work = m.hear(Work)
    assert (work.p, work.epoch) == (lease.p, lease.epoch)
    assert [(record.program, record.goid) for record in work.records] == [(PROGRAM, 1)]
    m.say(Renew(1, lease.p, lease.epoch, NO_LOAD))
    assert m.hear(Renewed)[:3] == (1, lease.p, lease.epoch)
    m.say(Output(PROGRAM, 1, b"printed by hand\n"))
    m.say(MainReturned(lease.p, lease.epoch, PROGRAM, pickle.dumps({"by": "hand"})))
    assert m.hear(Drop).program == PROGRAM
    assert client.poll() is None  # until every M has said that it will print nothing more
    m.say(Dropped(PROGRAM))
    assert client.communicate() == ("printed by hand\nmain returned {'by': 'hand'}\n", "")


@pytest.mark.parametrize("index", range(6))
def test_who_is_no_member_is_refused(place: Place, m: Hand, client: Popen[str], index: int) -> None:
    lease = m.hear(LeaseP)
    with Hand(place.address) as stranger:
        stranger.say(under(lease.p, lease.epoch)[index])
        assert "You are no member of this cluster" in stranger.hear(Fenced).reason
    goes_on(m, lease, client)


@pytest.mark.parametrize("index", range(6))
def test_a_member_without_a_lease_is_refused(place: Place, m: Hand, client: Popen[str], index: int) -> None:
    lease = m.hear(LeaseP)
    with Hand(place.address) as idle:
        idle.register(place.cluster_dir)
        assert idle.hear(Welcome).m == 1
        idle.say(under(PId(1), Epoch(0))[index])
        fenced = idle.hear(Fenced)
        assert (fenced.p, fenced.epoch) == (1, 0)
        assert "M 1 spoke for P 1 under lease epoch 0, but nobody holds that P" in fenced.reason
        assert idle.hears_nothing(Work, 0.05)
        goes_on(m, lease, client, idle)


@pytest.mark.parametrize("index", range(6))
def test_a_member_that_speaks_for_anothers_p_is_refused(place: Place, m: Hand, client: Popen[str], index: int) -> None:
    lease = m.hear(LeaseP)
    with Hand(place.address) as thief:
        thief.register(place.cluster_dir)
        assert thief.hear(Welcome).m == 1
        thief.say(under(lease.p, lease.epoch)[index])
        assert "M 1 spoke for P 0 under lease epoch 1, but M 0 holds it" in thief.hear(Fenced).reason
        goes_on(m, lease, client, thief)


@pytest.mark.parametrize("epoch", [0, 2, 1 << 40])
def test_an_epoch_that_is_not_in_force_is_refused(m: Hand, client: Popen[str], epoch: int) -> None:
    lease = m.hear(LeaseP)
    for message in under(lease.p, Epoch(epoch)):
        m.say(message)
        assert f"lease epoch {epoch}, but the current epoch is 1" in m.hear(Fenced).reason
    goes_on(m, lease, client)


@pytest.mark.parametrize("p", [NO_P, 2, 1 << 40])
def test_a_p_that_does_not_exist_is_refused(m: Hand, client: Popen[str], p: int) -> None:
    lease = m.hear(LeaseP)
    for message in under(PId(p), lease.epoch):
        m.say(message)
        assert "there are 2 Ps" in m.hear(Fenced).reason
    goes_on(m, lease, client)


def test_a_lease_that_was_given_back_is_over(m: Hand, client: Popen[str]) -> None:
    lease = m.hear(LeaseP)
    m.hear(Work)
    m.say(ReleaseP(lease.p, lease.epoch, NO_LOAD, True))
    again = m.hear(LeaseP)
    assert again.epoch == (2 if again.p == lease.p else 1)
    m.say(MainReturned(lease.p, lease.epoch, PROGRAM, b""))
    assert m.hear(Fenced).epoch == lease.epoch
    goes_on(m, again, client)


def test_an_m_of_another_python_is_sent_away(place: Place) -> None:
    place.coordinator()
    with Hand(place.address) as foreign:
        foreign.register(place.cluster_dir, python="cpython-2.7.18")
        assert "Python cpython-2.7.18 cannot join a cluster of Python" in foreign.hear(Stop).reason


def test_an_m_that_says_nothing_loses_its_p_and_its_program_ends(m: Hand, client: Popen[str]) -> None:
    m.hear(Work)
    _, err = client.communicate()
    assert client.returncode == 1
    assert "LostError: M 0 (pid " in err
    assert re.search(r"was silent for \d+\.\d s", err), err
    m.say(Pull(PId(0), Epoch(1)))
    assert "You are no member of this cluster, or no longer" in m.hear(Fenced).reason


def goes_on(m: Hand, lease: LeaseP, client: Popen[str], *others: Hand) -> None:
    """Nothing that was refused had an effect: the holder of the lease ends the program as if nothing had been."""
    assert client.poll() is None
    m.say(MainReturned(lease.p, lease.epoch, PROGRAM, pickle.dumps("in order")))
    for hand in (m, *others):
        hand.hear(Drop)
        hand.say(Dropped(PROGRAM))
    assert client.communicate() == ("main returned in order\n", "")
    until(lambda: client.returncode == 0, "exit code 0")
