"""Whole programs on several Ms, under many seeds: they mean what they mean on one."""

from collections.abc import Callable
from random import Random

import pytest

from cluster.wire.messages import Ended
from tests.sim import programs
from tests.sim.cluster import World, in_many_worlds

WORLDS = 12  # per test; about 10 ms each


@pytest.mark.parametrize(
    ("ms", "procs", "main", "args", "expected"),
    [
        (1, 1, programs.hello, (), "bye"),
        (3, 2, programs.hello, (), "bye"),
        (3, 3, programs.sieve, (8,), [2, 3, 5, 7, 11, 13, 17, 19]),
        (4, 2, programs.sieve, (6,), [2, 3, 5, 7, 11, 13]),
        (2, 2, programs.pipeline, (4, 12, 0), ([*range(4, 16)], (-1, False))),
        (4, 3, programs.pipeline, (3, 12, 2), ([*range(3, 15)], (-1, False))),
        (3, 3, programs.forest, (4,), 31),
        (4, 4, programs.lengths, (10,), [10] * 10),
        (3, 3, programs.demands_across, (4,), 4 * 4 * 1 + 4 * 1),
        (3, 3, programs.naps, (4,), 4),
        (3, 3, programs.ends_while_others_ask, (5,), "done"),
        (3, 3, programs.returns_early, (5,), "done"),
    ],
)
def test_a_program_returns_what_it_would_return_on_one_m(
    rng: Random, ms: int, procs: int, main: Callable[..., object], args: tuple[object, ...], expected: object
) -> None:
    def check(seed: int) -> None:
        with World(seed, ms, procs) as world:
            assert world.result(world.run(main, *args)) == expected

    in_many_worlds(rng, WORLDS, check)


def test_any_two_programs_mean_the_same_on_any_cluster_whenever_it_is_surveyed(rng: Random) -> None:
    stories: list[tuple[Callable[..., object], tuple[object, ...], str]] = [
        (programs.hello, (), "returned"),
        (programs.sieve, (6,), "returned"),
        (programs.pipeline, (3, 9, 2), "returned"),
        (programs.fan_out, (20,), "returned"),
        (programs.demands_across, (4,), "returned"),
        (programs.ends_while_others_ask, (5,), "returned"),
        (programs.all_asleep, (6,), "fatal"),
        (programs.naps, (4,), "returned"),
        (programs.some_panic, (5,), "panic"),
        (programs.negative, (4,), "panic"),
    ]

    def check(seed: int) -> None:
        with World(seed, ms=seed % 4 + 1, procs=seed // 4 % 4 + 1) as world:
            world.always_survey = seed % 3 == 0
            clients = {b"ann": world.rng.choice(stories), b"bob": world.rng.choice(stories)}
            for client, (main, args, _) in clients.items():
                world.start(main, *args, client=client)
            for program in world.two_programs():
                world.finish(program)
            ended = {client: message.kind for client, message in world.heard if isinstance(message, Ended)}
            assert ended == {client: kind for client, (_, _, kind) in clients.items()}

    in_many_worlds(rng, 150, check)


def test_each_goroutine_runs_once_and_they_run_on_several_ms(rng: Random) -> None:
    spread: dict[int, None] = {}

    def check(seed: int) -> None:
        with World(seed, ms=4, procs=4) as world:
            ran = world.result(world.run(programs.fan_out, 40))
            assert isinstance(ran, list) and sorted(i for i, _ in ran) == list(range(40))
            spread.update(dict.fromkeys(m for _, m in ran))

    in_many_worlds(rng, 25, check)
    assert len(spread) == 4, "no work was ever given to some M"


def test_sieve_and_pipeline_leave_their_m(rng: Random) -> None:
    asked = []
    for main, args in ((programs.sieve, (8,)), (programs.pipeline, (4, 12, 0))):
        for _ in range(10):
            with World(rng.getrandbits(32), ms=3, procs=3) as world:
                world.run(main, *args)
                asked.append(world.sent["Ask"] > 0)
    assert asked.count(True) > len(asked) // 2


@pytest.mark.parametrize(("main", "n"), [(programs.talkers, 12), (programs.conversation, 10)])
def test_what_is_printed_on_several_ms_is_read_in_causal_order(
    rng: Random, main: Callable[..., object], n: int
) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=4, procs=4) as world:
            world.result(world.run(main, n))
            numbers = [int(line) for line in world.lines() if line.isdigit()]
            assert numbers == sorted(numbers) and len(numbers) >= n

    in_many_worlds(rng, 30, check)


def test_a_panic_on_any_m_ends_the_program(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            ended = world.run(programs.some_panic, 8)
            assert (ended.kind, ended.code) == ("panic", 2)
            assert ended.text.startswith("panic: ValueError: the last one\n\ngoroutine ")

    in_many_worlds(rng, 25, check)


def test_a_panic_that_a_tell_causes_at_the_home_comes_back_to_who_told(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            ended = world.run(programs.negative, 8)
            assert (ended.kind, ended.text.splitlines()[0]) == ("panic", "panic: sync: negative WaitGroup counter")

    in_many_worlds(rng, 25, check)


def test_when_main_returns_nothing_runs_and_nothing_is_kept(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            world.run(programs.returns_early, 6)
            said = world.output
            world.until(lambda: all(node.machine.find.state.value == "idle" for node in world.nodes))
            assert world.output == said, "a line after the end"
            for node in world.nodes:
                machine = node.machine
                assert not machine.programs and not machine.sched.runnable() and not machine.homes._objects
            assert not world.core.state.programs and not world.core.state.globrunq

    in_many_worlds(rng, 15, check)


def test_two_programs_do_not_see_each_other(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2) as world:
            world.start(programs.fan_out, 20, client=b"ann")
            world.start(programs.some_panic, 5, client=b"bob")
            first, second = (world.finish(program) for program in world.two_programs())
            by_client = {client: message for client, message in world.heard if message in (first, second)}
            ran = world.result(by_client[b"ann"])  # type: ignore[arg-type]
            assert isinstance(ran, list) and sorted(i for i, _ in ran) == list(range(20))
            assert by_client[b"bob"].kind == "panic"  # type: ignore[union-attr]

    in_many_worlds(rng, 20, check)


def test_a_program_that_starts_when_all_ms_are_busy_is_not_starved(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=1, procs=2) as world:  # a P is idle, but nobody would come for it
            world.start(programs.endless, 3, client=b"ann")
            world.until(lambda: bool(world.core.state.programs) and world.nodes[0].machine.sched.tick > 50)
            world.start(programs.hello, client=b"bob")
            _, second = world.two_programs()
            assert world.result(world.finish(second)) == "bye"

    in_many_worlds(rng, 10, check)
