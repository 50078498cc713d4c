"""Ms that die, fall silent or are paused; leases that run out: nobody hangs, and nobody runs beside his successor."""

from random import Random

from cluster.model.clock import MILLISECOND, SECOND
from cluster.model.ids import ProgramId
from cluster.model.limits import LEASE_EXPIRE_NS, LEASE_GIVE_UP_NS, LEASE_RENEW_NS
from tests.sim import programs
from tests.sim.cluster import World, in_many_worlds

FIRST = ProgramId(1)


def busy(world: World) -> None:
    """A program whose goroutines are on every M, as the coordinator knows."""
    world.start(programs.doze, 12)
    world.until(lambda: all(m.took for m in world.core.state.members.ms.values()))


def test_an_m_that_dies_ends_the_program_with_lost_error(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            busy(world)
            world.kill(world.rng.randrange(3))
            ended = world.finish(FIRST)
            assert (ended.kind, ended.code) == ("lost", 1)
            assert "was killed by signal 9, with goroutines of this program on it" in ended.text

    in_many_worlds(rng, 20, check)


def test_the_only_m_dies_and_the_client_is_told_once(rng: Random) -> None:
    with World(rng.getrandbits(32), ms=1, procs=1) as world:
        busy(world)
        world.kill(0)
        assert world.finish(FIRST).kind == "lost"


def test_an_m_may_die_at_any_moment_and_nobody_hangs(rng: Random) -> None:
    """While the program starts, runs, is surveyed, dumped or dropped; told of by its parent, or silently."""

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            main, args = world.rng.choice(
                [
                    (programs.pipeline, (3, 8, 0)),
                    (programs.all_asleep, (5,)),
                    (programs.forest, (3,)),
                    (programs.hello, ()),
                ]
            )
            world.start(main, *args)
            for _ in range(world.rng.randrange(120)):
                world.step()
            world.kill(world.rng.randrange(3), tell=world.rng.random() < 0.8)
            ended = world.finish(FIRST)
            assert ended.kind in ("lost", "returned", "fatal")
            world.until(lambda: len(world.core.state.members.ms) == 2)
            world.start(programs.hello, client=b"next")
            assert world.result(world.finish(ProgramId(2))) == "bye"

    in_many_worlds(rng, 100, check)


def test_the_death_of_an_m_with_nothing_but_goroutines_on_their_way_to_it_costs_nothing(rng: Random) -> None:
    deaths = []

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3, chaos=True) as world:
            world.start(programs.fan_out, 20)
            members = world.core.state.members.ms
            for _ in range(400):
                world.step()
                doomed = [m for m in members.values() if m.untaken and not m.took and m.id]
                if doomed:
                    world.kill(doomed[0].pid - 100)
                    break
            deaths.append(bool(doomed))
            got = world.result(world.finish(FIRST))
            assert isinstance(got, list) and sorted(i for i, _ in got) == list(range(20))

    in_many_worlds(rng, 20, check)
    assert any(deaths)


def test_an_m_that_dies_in_a_survey_does_not_end_all_surveys(rng: Random) -> None:
    with World(rng.getrandbits(32), ms=3, procs=3) as world:
        world.start(programs.naps_and_counts, 20)
        world.until(lambda: world.core.state.surveys.round is not None)
        unused = next(m for m in world.core.state.members.ms.values() if not m.took)
        world.kill(unused.pid - 100)
        world.finish(FIRST)
        world.start(programs.all_asleep, 1)
        assert world.finish(ProgramId(2)).kind == "fatal"


def test_a_paused_m_comes_back_fenced_and_registers_under_a_new_id(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=2, procs=2) as world:
            busy(world)
            node = world.nodes[1]
            old = node.machine.me
            world.pause(1, LEASE_EXPIRE_NS + LEASE_RENEW_NS + world.rng.randrange(SECOND))
            ended = world.finish(FIRST)
            assert ended.kind == "lost" and f"M {old} (pid 101) was silent for 3." in ended.text
            world.until(lambda: node.machine.me > old)
            world.until(lambda: len(world.core.state.members.ms) == 2)
            registered = world.sent["RegisterM"]
            assert registered == 3, "it registers once, however often it is fenced"
            world.start(programs.fan_out, 20, client=b"next")
            ran = world.result(world.finish(ProgramId(2)))
            assert isinstance(ran, list) and len(ran) == 20

    in_many_worlds(rng, 20, check)


def test_a_short_pause_harms_nobody(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            world.start(programs.pipeline, 4, 12, 0)
            for _ in range(world.rng.randrange(100)):
                world.step()
            world.pause(
                world.rng.randrange(3), world.rng.randrange(LEASE_EXPIRE_NS - LEASE_RENEW_NS - 10 * MILLISECOND)
            )
            assert world.result(world.finish(FIRST)) == ([*range(4, 16)], (-1, False))

    in_many_worlds(rng, 30, check)


def test_a_holder_gives_up_exactly_a_second_before_its_p_may_go_to_another(rng: Random) -> None:
    with World(rng.getrandbits(32), ms=1, procs=1) as world:
        busy(world)
        node, (m,) = world.nodes[0], world.core.state.members.ms.values()
        world.until(lambda: node.machine.lease.lease is not None)  # it was granted, and may be under way
        lease = node.machine.lease.lease
        assert lease is not None
        assert lease.deadline <= m.heard_at + LEASE_GIVE_UP_NS, "counted from before the renewal was sent"
        world.pause(0, 10 * SECOND)
        world.until(lambda: bool(world.core.state.members.ms) and not world.links_to(b"core")[0].under_way)
        heard = m.heard_at
        world.until(lambda: not world.core.state.members.ms)
        assert heard + LEASE_EXPIRE_NS < world.core.state.now
        assert lease.deadline + (LEASE_EXPIRE_NS - LEASE_GIVE_UP_NS) <= world.core.state.now


def test_two_ms_take_turns_on_one_p(rng: Random) -> None:
    """Nobody starves: whoever holds the only P is asked for it when its slice is over."""
    shared = 0

    def check(seed: int) -> None:
        nonlocal shared
        with World(seed, ms=2, procs=1, chaos=False) as world:
            world.start(programs.naps_and_counts, 30, client=b"ann")
            world.until(lambda: len(world.core.state.members._idle) == 2 and bool(world.core.state.programs))
            world.core.state.members._idle.reverse()  # else the M that was used last is used again, and is the only one
            world.start(programs.endless, 3, client=b"bob")
            assert world.result(world.finish(FIRST)) == 30
            if all(node.machine.sched.tick for node in world.nodes):
                shared += 1
                assert world.sent["Retake"] > 10

    in_many_worlds(rng, 10, check)
    assert shared >= 5, "in most worlds bob comes while ann sleeps, and so to the other M"
