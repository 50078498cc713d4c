"""A dead program is found, wherever its goroutines sleep; a living one is never taken for dead."""

from random import Random

from cluster.kernel.dump import DEADLOCK
from cluster.model.clock import SECOND
from tests.sim import programs
from tests.sim.cluster import World, in_many_worlds


def test_a_deadlock_over_several_ms_is_found_and_shows_every_goroutine(rng: Random) -> None:
    crossed = []

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            ended = world.run(programs.all_asleep, 8)
            assert (ended.kind, ended.code) == ("fatal", 2)
            first, *dumps = ended.text.rstrip("\n").split("\n\n")
            assert first == DEADLOCK and len(dumps) == 9
            assert dumps[0].startswith("goroutine 1 [chan receive]:\nmain.all_asleep(...)")
            assert all("created by main.all_asleep" in dump for dump in dumps[1:])
            crossed.append(world.sent["Ask"] > 0)

    in_many_worlds(rng, 150, check)
    assert any(crossed)


def test_a_deadlock_is_found_soon(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            began = world.clock.now()
            world.run(programs.all_asleep, 8)
            assert world.clock.now() - began < SECOND // 4

    in_many_worlds(rng, 30, check)


def test_sleepers_and_messages_under_way_are_never_taken_for_a_deadlock(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            assert world.result(world.run(programs.naps, 5)) == 5

    in_many_worlds(rng, 200, check)


def test_a_deadlock_is_found_while_another_program_keeps_every_m_busy(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=2, procs=2) as world:
            world.start(programs.endless, 6, client=b"ann")
            world.start(programs.all_asleep, 4, client=b"bob")
            first, second = world.two_programs()
            world.until(lambda: bool(world.ended))
            (dead,) = world.ended
            assert dead in (first, second) and world.ended[dead].text.startswith(DEADLOCK)

    in_many_worlds(rng, 5, check)


def test_programs_that_end_beside_others_are_not_taken_for_dead(rng: Random) -> None:
    """With several programs surveys come at any moment: also between main's return and its being told."""

    def check(seed: int) -> None:
        with World(seed, ms=2, procs=2) as world:
            world.always_survey = True
            world.start(programs.talkers, 10, client=b"ann")
            world.start(programs.pipeline, 3, 5, 0, client=b"bob")
            for program in world.two_programs():
                assert world.finish(program).kind == "returned"

    in_many_worlds(rng, 60, check)
