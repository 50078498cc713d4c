"""Storms: whole programs on a cluster in one process to which everything happens that can happen. One seed, one storm.

    python -m tests.sim.storm --worlds 1000000 --processes 2     # as many as one has time for
    python -m tests.sim.storm --seed 4711                        # one of them again, and what happened in it

In a fair world connections break, lose, repeat and stall, and Ms stand still for less than a lease: every program
must return what it returns on a quiet day. In a deadly one Ms also die, are cut off or stopped for longer than
a lease, come back, and clients vanish: a program returns the same, or is told lost, or its client is gone. When
the faults are over everything ends, and the cluster runs the next program.

Checked in each world: what `World` checks after every step (one M acts on a P, a goroutine is in one place, the
cores' own `validate`); each line is heard once and in causal order; a program ends once, with the right value.
"""

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from random import Random
from typing import Final, NamedTuple

from cluster.kernel import runner
from cluster.model.clock import MILLISECOND, SECOND
from cluster.model.ids import NO_M, MId, ProgramId
from cluster.wire import messages as w
from tests.sim import programs
from tests.sim.cluster import World
from tests.sim.nodes import CORE, Node
from tests.sim.wires import NEVER, Address, FaultyLink, Life
from worker.core.outbox import COORDINATOR

FIRST_CLIENT: Final = b"client 1"
FIRST: Final = ProgramId(1)
FAULTS_MAX: Final = 5  # in one world
FAIR_NS: Final = 400 * MILLISECOND  # four of them, one after the other, are less than the time to give up
STORM_STEPS_MAX: Final = 20_000  # a storm takes some hundreds
FAULTY_STEPS: Final = 120  # then nothing new goes wrong; the programs take about as many
BEAT_NS: Final = 500 * MILLISECOND  # of clients
CHUNK: Final = 50  # worlds that a process of the command takes at once


class Story(NamedTuple):
    """A program, what it returns, how many growing numbers it prints, and whether it asks so that its M is blocked."""

    main: Callable[..., object]
    args: tuple[object, ...]
    expected: object
    lines: int = 0
    demands: bool = False


STORIES: Final = (
    Story(programs.hello, (), "bye"),
    Story(programs.sieve, (4,), [2, 3, 5, 7]),
    Story(programs.pipeline, (2, 5, 0), ([*range(2, 7)], (-1, False))),
    Story(programs.forest, (2,), 7),
    Story(programs.demands_across, (2,), 2 * 2 + 2, demands=True),
    Story(programs.naps, (3,), 3),
    Story(programs.talkers, (6,), None, lines=6),
    Story(programs.conversation, (5,), None, lines=5),
)


class Storm:
    """A world, its wires, and what goes wrong in it. Implements `Wires`."""

    def __init__(self, seed: int, deadly: bool | None = None) -> None:
        rng = self.rng = Random(seed)
        self.deadly: Final = rng.random() < 0.5 if deadly is None else deadly
        self.told: list[str] = []  # what happened, for people
        self._links: list[tuple[Address, Address, FaultyLink]] = []
        self._sessions: dict[Address, int] = {}  # how often each node has begun anew
        self._clients: dict[Address, int] = {}  # when each says next that it is there
        self._steps = 0
        self._calm = False
        self._hurt = False  # something happened for which a program may be lost
        self._vanished = False
        self.story: Final = rng.choice(STORIES if not self.deadly else [s for s in STORIES if not s.demands])
        faults = FAIR + DEADLY if self.deadly else FAIR
        self._plan: Final = sorted(
            ((rng.randrange(FAULTY_STEPS), rng.choice(faults)) for _ in range(rng.randrange(1, FAULTS_MAX))),
            key=lambda planned: planned[0],
        )
        ms, procs = rng.randrange(2, 4), rng.randrange(1, 4)
        self.world: Final = World(rng.getrandbits(32), ms, procs, rng.random() < 0.3, wires=self)

    # -- Wires

    def link(self, source: Address, to: Address) -> FaultyLink:
        """See `Wires`."""
        link = FaultyLink(
            self.rng, partial(self._life, source, to), partial(self._expects, to), partial(self._heeds, to)
        )
        if self._calm:
            link.mend()
        link.to_client = to in self._clients
        self._links.append((source, to, link))
        return link

    def due(self) -> int:
        """See `Wires`."""
        first = min(self._clients.values(), default=NEVER)
        for _, _, link in self._links:
            if link.alarm < first:
                first = link.alarm
            if link.to_client and (frames := link.there.frames) and frames[0].due < first:
                first = frames[0].due
        return first

    def tend(self) -> None:
        """See `Wires`. Clients take what has come, and say that they are there."""
        now = self.world.clock.now()
        for _, to, link in self._links:
            if link.alarm <= now:
                link.tend(now)
                self.world.comes(to, link)  # what was sent again
            if link.to_client and (frames := link.there.frames) and frames[0].due <= now:
                for _, message in link.take(now):
                    self.world._hear(to, message)
        for client, beat_at in self._clients.items():
            if now >= beat_at:
                self._clients[client] = now + BEAT_NS
                self.world.tell(client, w.Alive())

    def _life(self, source: Address, to: Address, m: MId, message: w.Message, to_m: MId) -> Life:
        """As in worker/link.py and coordinator/server.py."""
        if CORE not in (source, to):
            return m, to_m
        if isinstance(message, w.RegisterM):
            self._sessions[source] = self._sessions.get(source, 0) + 1
        if to == CORE:
            return -1, self._sessions.get(source, 0)
        link = self.world._links[CORE].get(to)
        return link.heard if isinstance(link, FaultyLink) else (-1, 0)

    def _expects(self, to: Address, life: Life) -> bool:
        if life[0] == -1:
            return to == CORE or life[1] == self._sessions.get(to, 0)
        node = self.world.at(to)
        return node is not None and node.machine.me == life[1]

    def _heeds(self, to: Address, source: MId, message: w.Message) -> bool:
        node = self.world.at(to)
        if node is None:
            return to == CORE
        machine = node.machine
        return machine.me != NO_M if source != COORDINATOR else not machine._is_for_who_i_was(message)

    # -- what goes wrong

    def cut(self) -> None:
        """A connection breaks, and comes again."""
        if not self._links:
            return
        source, to, link = self.rng.choice(self._links)
        link.cut(self._until(FAIR_NS))
        self.told.append(f"cut {source!r} to {to!r}")

    def stall(self) -> None:
        """Nothing comes through for a while."""
        if not self._links:
            return
        source, to, link = self.rng.choice(self._links)
        link.stall(self._until(FAIR_NS))
        self.told.append(f"stall {source!r} to {to!r}")

    def nap(self) -> None:
        """An M is stopped for a moment."""
        if node := self._some_node():
            node.paused_until = self._until(FAIR_NS)
            self.told.append(f"nap of {node.index}")

    def pause(self) -> None:
        """An M is stopped, perhaps for longer than a lease."""
        if node := self._some_node():
            self.world.pause(node.index, self.rng.randrange(6 * SECOND))
            self._hurt = True
            self.told.append(f"pause of {node.index}")

    def isolate(self) -> None:
        """An M can reach nobody, perhaps for longer than a lease."""
        if node := self._some_node():
            until = self._until(6 * SECOND)
            for source, to, link in self._links:
                if node.address in (source, to):
                    link.cut(until)
            self._hurt = self.world.lenient = True
            self.told.append(f"isolation of {node.index}")

    def kill(self) -> None:
        """An M dies; its parent tells, or nobody does; perhaps another comes."""
        if node := self._some_node():
            for source, to, link in self._links:
                link.dumb |= source == node.address
                link.deaf |= to == node.address
            self.world.kill(node.index, tell=self.rng.random() < 0.8)
            self._links = [entry for entry in self._links if entry[1] != node.address]
            self._hurt = True
            self.told.append(f"death of {node.index}")
            if self.rng.random() < 0.6:
                self.world.add_node()

    def vanish(self) -> None:
        """The client is gone."""
        if FIRST_CLIENT in self._clients:
            del self._clients[FIRST_CLIENT]
            for source, to, link in self._links:
                link.dumb |= source == FIRST_CLIENT
                link.deaf |= to == FIRST_CLIENT
                link.to_client &= to != FIRST_CLIENT
            del self.world._links[FIRST_CLIENT]
            self._vanished = True
            self.told.append("the client vanishes")

    def _until(self, most_ns: int) -> int:
        return self.world.clock.now() + self.rng.randrange(most_ns)

    def _some_node(self) -> Node | None:
        """One that holds a P, rather."""
        nodes = self._alive()
        holders = [node for node in nodes if node.machine.holds_p]
        return self.rng.choice(holders if holders and self.rng.random() < 0.7 else nodes) if nodes else None

    def _alive(self) -> list[Node]:
        return [node for node in self.world.nodes if node.alive]

    def _mend(self) -> None:
        self._calm = True
        self.world.disturbed()
        for _, _, link in self._links:
            link.mend()

    # -- the whole of it

    def run(self) -> str:
        """How the program ended. AssertionError when something is lost, done twice, or goes on for ever."""
        with self.world as world:
            self._until_over(lambda: bool(world.core.state.members.ms))
            self._start(FIRST_CLIENT, self.story)
            self._until_over(lambda: FIRST in world.ended or (self._vanished and self._forgotten()))
            outcome = self._judge()
            self._mend()
            for attempt in range(2 * FAULTS_MAX):
                ended = self._run_another(b"next %d" % attempt)
                if not (self._hurt and ended.kind == "lost"):  # by who is not yet known to be dead
                    break
            assert world.result(ended) == STORIES[0].expected
            self._until_over(self._all_belong)
            return outcome

    def _run_another(self, client: Address) -> w.Ended:
        def told() -> list[w.Ended]:
            return [m for to, m in self.world.heard if to == client and isinstance(m, w.Ended)]

        self._start(client, STORIES[0])
        self._until_over(lambda: bool(told()))
        return told()[0]

    def _all_belong(self) -> bool:
        """Whether every M that lives is a member, under the id by which it knows itself."""
        ms = {m.id: m.pid for m in self.world.core.state.members.ms.values()}
        return ms == {node.machine.me: node.pid for node in self._alive()}

    def _start(self, client: Address, story: Story) -> None:
        self.world._links[client] = {}
        self._clients[client] = self.world.clock.now() + BEAT_NS
        self.world.start(story.main, *story.args, client=client)

    def _forgotten(self) -> bool:
        state = self.world.core.state
        return not state.programs and FIRST_CLIENT not in state.clients

    def _until_over(self, over: Callable[[], bool]) -> None:
        for _ in range(STORM_STEPS_MAX):
            if over():
                return
            self._steps += 1
            while self._plan and self._plan[0][0] <= self._steps:
                self._plan.pop(0)[1](self)
                self.world.disturbed()
            if self._steps == FAULTY_STEPS:
                self._mend()
            for node in self.world.nodes:
                if node.alive:
                    break
            else:  # all are dead, or could not reach the coordinator for so long that they have ended
                self.world.add_node()
            self.world.step()
        raise AssertionError(f"it goes on for ever: {[node.machine.find.state for node in self.world.nodes]}")

    def _judge(self) -> str:
        numbers = [int(line) for line in self.world.lines() if line.isdigit()]
        assert numbers == sorted(numbers), f"what was printed is not in causal order: {numbers}"
        ended = self.world.ended.get(FIRST)
        if ended is None or self._vanished:
            return "vanished"
        if ended.kind == "lost":
            assert self._hurt, f"a program is lost, and nobody died: {ended.text}"
            return "lost"
        value = self.world.result(ended)
        assert value == self.story.expected, f"{value} and not {self.story.expected}"
        assert not self.story.lines or len(numbers) >= self.story.lines, f"lines are missing: {numbers}"
        return "returned"


Fault = Callable[[Storm], None]
FAIR: Final[list[Fault]] = [Storm.cut, Storm.cut, Storm.stall, Storm.nap]
DEADLY: Final[list[Fault]] = [Storm.kill, Storm.kill, Storm.pause, Storm.pause, Storm.isolate, Storm.vanish]


def run(seed: int, deadly: bool | None = None) -> str:
    """One storm, told by its seed when it finds something."""
    storm = Storm(seed, deadly)
    try:
        return storm.run()
    except BaseException as error:
        error.add_note(f"in the storm of seed {seed}: {storm.story.main.__name__}; {', '.join(storm.told)}")
        raise
    finally:
        storm.world.release()


def run_many(seeds: range) -> Counter[str]:
    """How they ended.

    Garbage waits for the last of them: to look for it all the time is a quarter of what storms cost, and a hundred
    leave 20 MB.
    """
    kept, enabled = len(runner._LEFT), gc.isenabled()
    gc.disable()
    gc.freeze()  # what is here is not looked at in the end
    try:
        return Counter(run(seed) for seed in seeds)
    finally:
        del runner._LEFT[kept:]  # the goroutines of these programs have no `finally` that could run
        gc.collect()
        gc.unfreeze()
        if enabled:
            gc.enable()


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.storm", description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first (default: 0)")
    parser.add_argument("--processes", type=int, default=2, help="how many share the work (default: 2)")
    parser.add_argument("--seed", type=int, help="one storm only, and what happened in it")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        storm = Storm(arguments.seed)
        print(storm.story.main.__name__, storm.run(), *storm.told, sep="\n  ")
        return 0
    began, ends = time.monotonic(), Counter[str]()
    last = arguments.first + arguments.worlds
    chunks = [range(first, min(first + CHUNK, last)) for first in range(arguments.first, last, CHUNK)]
    with ProcessPoolExecutor(arguments.processes) as pool:
        for done, ended in enumerate(pool.map(run_many, chunks), 1):
            ends += ended
            if done % 200 == 0:
                print(f"{min(done * CHUNK, arguments.worlds)} worlds", dict(ends), file=sys.stderr)
    seconds = time.monotonic() - began
    print(f"{sum(ends.values())} storms in {seconds:.1f} s ({sum(ends.values()) / seconds:.0f} a second): {dict(ends)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
