"""Several Ms that only talk to each other: real kernels and homes on links that delay, reorder and stall under a seed.

There is no coordinator and no clock: whoever can move moves, in an order that the seed decides. Each link
is FIFO; between links there is no order, and now and then one stands still for a while. All Ms share one
module, so what a goroutine is given it gets as if it came from another M: through pickle.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final, TypeVar, cast

from cluster.kernel.events import Panicked
from cluster.kernel.g import G
from cluster.kernel.sched import Sched
from cluster.model.ids import Epoch, MId, PId, ProgramId
from cluster.model.lease import Lease
from cluster.wire import messages as w
from cluster.wire.parts import Options, Source
from cluster.wire.pickling import Pickling
from tests.fakes import FOREVER, FakeClock
from worker.core.homes import Homes
from worker.core.outbox import Outbox
from worker.core.programs import Hosted

T = TypeVar("T")
PROGRAM: Final = ProgramId(1)
STEPS_MAX: Final = 200_000


class Node:
    """One M."""

    def __init__(self, mesh: "Mesh", m: MId, ms: int) -> None:
        self.m = m
        self.outbox = Outbox()
        self.hosted = Hosted(
            w.LoadProgram(PROGRAM, Source("", "", (), (), "", ""), Options(False, False, False), m, ms)
        )
        self.homes = Homes(self.outbox, {PROGRAM: self.hosted}, mesh.step)
        self.homes.me = m
        self.sched = self.homes.sched = Sched(FakeClock(), self.homes)
        self.sched.rng = Random(mesh.rng.random())
        self.hosted.pickling = Pickling(__name__, self.homes)
        self.tells_due: dict[MId, None] = {}

    def make(self, fn: Callable[[], T]) -> T:
        """What `fn` makes in a goroutine of this M."""
        made = list[T]()
        self.go(lambda: made.append(fn()))
        self.run(1)
        return made[0]

    def go(self, fn: Callable[..., object], *args: object) -> G:
        """Start a goroutine."""
        program = self.hosted.kernel
        g = G(next(program.ids), program, fn, args, None, 0)
        program.gs[g.goid] = g
        self.sched.put([g])
        return g

    def run(self, budget: int) -> None:
        self.sched.run(Lease(PId(0), Epoch(1), FOREVER), budget)
        for event in self.sched.events:
            if isinstance(event, Panicked):
                raise event.error
        self.sched.events.clear()
        self.homes.flush()

    def send(self, mesh: "Mesh") -> None:
        """What may leave."""
        for to, message in self.outbox.release():
            mesh.links[self.m, to].append(message)
        for to in self.tells_due:
            mesh.links[self.m, to].append(w.Told(self.homes.tells_taken[to]))
        self.tells_due = {}

    def take(self, source: MId, message: w.Message) -> None:
        match message:
            case w.Ask():
                self.homes.serve_ask(source, message)
            case w.Answer():
                self.homes.take_answer(message)
            case w.Tell():
                self.tells_due[source] = None
                self.homes.serve_tell(source, message)
            case w.TellFailed():
                self.homes.take_failure(message)
            case w.Told(taken):
                self.outbox.told(source, taken)
            case _:
                raise AssertionError(message)


class Mesh:
    """All Ms and the links between them."""

    def __init__(self, seed: int, ms: int) -> None:
        self.rng: Final = Random(seed)
        self.nodes: Final = [Node(self, MId(m), ms) for m in range(ms)]
        self.links: dict[tuple[MId, MId], deque[w.Message]] = {
            (a.m, b.m): deque() for a in self.nodes for b in self.nodes if a is not b
        }
        self.stalled: dict[tuple[MId, MId], int] = {}  # until that step
        self.steps = 0
        self.delivered = 0

    def give(self, obj: T, source: Node, to: Node) -> T:
        """What a goroutine of `to` gets when one of `source` sends it `obj`."""
        assert source.hosted.pickling is not None and to.hosted.pickling is not None
        return cast("T", to.hosted.pickling.loads(source.hosted.pickling.dumps(obj)))

    def step(self) -> bool:
        """Somebody moves, if anybody can; False when all is quiet."""
        self.steps += 1
        rng = self.rng
        full = [link for link, messages in self.links.items() if messages]
        moving = [link for link in full if self.stalled.get(link, 0) <= self.steps] or full
        able = [node for node in self.nodes if node.sched.runnable() or len(node.outbox) or node.tells_due]
        if not moving and not able:
            return False
        at = int(rng.random() * (len(moving) + len(able)))
        if at >= len(moving):
            node = able[at - len(moving)]
            node.run(1 + int(rng.random() * 4))
            if rng.random() < 0.7:
                node.send(self)
            return True
        source, to = link = moving[at]
        if rng.random() < 0.02:
            self.stalled[link] = self.steps + int(rng.random() * 100)
        for _ in range(1 + int(rng.random() * 3)):
            if self.links[link]:
                self.delivered += 1
                self.nodes[to].take(source, self.links[link].popleft())
        self.nodes[to].homes.flush()
        return True

    def run(self, each: Callable[[], None] | None = None) -> None:
        """Let everybody move until nobody can; `each` is called after each step."""
        for _ in range(STEPS_MAX):
            if not self.step():
                return
            if each is not None:
                each()
        raise AssertionError("it goes on for ever")

    @property
    def under_way(self) -> bool:
        """Whether anything but acknowledgements is on its way."""
        entries = any(len(node.outbox) for node in self.nodes)
        return entries or any(not isinstance(m, w.Told) for messages in self.links.values() for m in messages)

    @property
    def counts_agree(self) -> bool:
        """What the deadlock check sees: all parked, as much received as sent."""
        sent = sum(node.hosted.sent for node in self.nodes)
        received = sum(node.hosted.received for node in self.nodes)
        return sent == received and not any(node.sched.runnable() for node in self.nodes)
