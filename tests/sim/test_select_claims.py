"""Selects from many sides at once, over channels of many homes: what must hold whatever the links do.

Each seed is a small world: two to four Ms, channels here and there, goroutines with a few random
operations each. In the end nothing moves any more, and then: every value that was received was sent, once;
every sender that goes on was heard, or its value is buffered; order per sender and channel is kept; nobody waits
whose partner is there; and no channel, claim or record is left in the middle of anything. While it goes
on, the counts that the deadlock check compares agree only when nothing is under way.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from random import Random
from typing import Final

import pytest

from cluster.kernel import deals
from cluster.kernel.chan import Chan
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import gosched
from cluster.kernel.select import default, select
from cluster.kernel.waitq import Case, side
from cluster.model.errors import SendOnClosedError
from cluster.model.ids import MId, ObjId
from tests.sim.cluster import in_many_worlds
from tests.sim.mesh import Mesh, Node

SEEDS: Final = 2_500  # of each kind and shard: ten thousand worlds, about 2 ms each
UNRULY_SEEDS_MAX: Final = 2_500  # worlds that may pass before one shows that claims have no order; 3 to 84 did

Value = tuple[int, int]  # the goroutine that sent it, and its number there


class World:
    """A mesh, its channels, and what its goroutines did."""

    def __init__(self, seed: int, kind: str) -> None:
        self.rng = rng = Random(seed)
        self.mesh = Mesh(rng.getrandbits(32), rng.randrange(2, 5))
        homes = [rng.choice(self.mesh.nodes) for _ in range(rng.randrange(1, 5))]
        caps = [0 if rng.random() < 0.7 else rng.randrange(1, 3) for _ in homes]
        self.homes = homes
        self.channels = [
            node.make(lambda cap=cap: Chan[Value](cap, zero=(-1, -1))) for node, cap in zip(homes, caps, strict=True)
        ]
        self.here = {
            node.m: [self.mesh.give(c, h, node) for c, h in zip(self.channels, homes, strict=True)]
            for node in self.mesh.nodes
        }
        self.sent: list[tuple[int, Value]] = []  # (channel, value), as the sender saw it
        self.received: list[tuple[int, int, Value]] = []  # (channel, receiver, value)
        self.panicked: list[Value] = []
        self.closes = kind == "closing"
        self.waiting: dict[int, list[tuple[int, bool]]] = {}  # by goroutine: the operations of which it does one
        for who in range(rng.randrange(2, 9)):
            node = rng.choice(self.mesh.nodes)
            node.go(self.goroutine, who, node, rng.getrandbits(32), rng.randrange(1, 6))

    async def goroutine(self, who: int, node: Node, seed: int, operations: int) -> None:
        rng, channels = Random(seed), self.here[node.m]
        for number in range(operations):
            value = who, number
            if self.closes and rng.random() < 0.1:
                await self.close(rng.choice(channels))
            cases = [(rng.randrange(len(channels)), rng.random() < 0.5) for _ in range(rng.randrange(1, 5))]
            self.waiting[who] = cases
            made = [channels[c].send(value) if sends else channels[c].recv() for c, sends in cases]
            extra = [default] if rng.random() < 0.2 else [nil.recv()] if rng.random() < 0.2 else []
            try:
                at, got, ok = await select(*made, *extra)
            except SendOnClosedError:
                self.panicked.append(value)
                continue
            finally:
                del self.waiting[who]
            if at == len(cases):
                assert extra == [default] and not ok
                await gosched()
                continue
            c, sends = cases[at]
            if sends:
                self.sent.append((c, value))
            elif ok:
                assert isinstance(got, tuple)
                self.received.append((c, who, got))
            else:
                assert got == (-1, -1) and self.closes

    async def close(self, c: Chan[Value]) -> None:
        """Once only: who closes it twice panics."""
        number = next(i for here in self.here.values() for i, one in enumerate(here) if one is c)
        if number not in self.closed:
            self.closed.add(number)
            c.close()

    closed: set[int]

    def check_counts(self) -> None:
        """A deadlock is found when the counts agree: then nothing may be about to move."""
        if self.mesh.counts_agree:
            assert not self.mesh.under_way
            assert not list(self.busy()), "a claim is asked for, and nothing is under way"

    def busy(self) -> Iterator[object]:
        """What is in the middle of something."""
        yield from (c for c in self.channels if c._door is not None)
        for node in self.mesh.nodes:
            yield from node.homes._partners
            yield from (s for _, s in node.homes._selects.values() if s._held or s._opening or s._line)  # type: ignore[attr-defined]

    def check_end(self) -> None:
        assert not list(self.busy())
        received = Counter((c, value) for c, _, value in self.received)
        assert all(times == 1 for times in received.values()), "received twice"
        sent = Counter(self.sent)
        assert all(times == 1 for times in sent.values())
        buffered = Counter((i, value) for i, c in enumerate(self.channels) for value in c._buf)
        assert received + buffered == sent, "lost, or from nowhere"
        self.check_order()
        for i in range(len(self.channels)):
            self.check_nobody_waits_for_nothing(i)
        self.check_records()

    def check_order(self) -> None:
        seen: dict[tuple[int, int, int], int] = defaultdict(lambda: -1)
        for c, receiver, (sender, number) in self.received:
            assert seen[c, receiver, sender] < number, "out of order"
            seen[c, receiver, sender] = number

    def check_nobody_waits_for_nothing(self, i: int) -> None:
        c = self.channels[i]
        senders = [who for who, cases in self.waiting.items() if (i, True) in cases]
        receivers = [who for who, cases in self.waiting.items() if (i, False) in cases]
        assert not (c._closed and (senders or receivers)), "somebody waits at a closed channel"
        assert not (receivers and c._buf), "a value waits in the buffer"
        assert not (senders and len(c._buf) < c._cap), "there is room"
        if senders and receivers:  # one select, which does not meet itself
            assert senders == receivers and len(senders) == 1, "partners wait for each other"

    def check_records(self) -> None:
        """The queues hold who waits, and nobody else; homes know the selects that wait, and no others."""
        for i, c in enumerate(self.channels):
            for sends in (True, False):
                queue = side(c, sends)  # type: ignore[arg-type]  # a Chan of tuples
                live = [w for w in queue.waiters if type(w) is not Case or not w.claim.over]
                expected = sum(cases.count((i, sends)) for cases in self.waiting.values())
                assert len(live) == expected
                assert len(queue.waiters) == len(live) + queue.stale
        for node in self.mesh.nodes:
            assert all(not e.over for e in node.sched.enlisted.values())  # type: ignore[attr-defined]
            assert all(not s.over for _, s in node.homes._selects.values())  # type: ignore[attr-defined]


def play(seed: int, kind: str) -> World:
    """One world, to its end."""
    world = World(seed, kind)
    world.closed = set()
    world.mesh.run(world.check_counts)
    world.check_end()
    return world


@pytest.mark.parametrize("kind", ["open", "closing"])
@pytest.mark.parametrize("shard", ["one half", "the other half"])  # so that two cores share the work
def test_nothing_is_lost_or_taken_twice_and_nobody_waits_for_a_partner_who_is_there(
    kind: str, shard: str, rng: Random
) -> None:
    in_many_worlds(rng, SEEDS, lambda seed: play(seed, kind) and None)


def test_without_an_order_of_claims_two_homes_wait_for_each_other(rng: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule that is taken out here is the one that keeps them from it: so these tests would see it missing."""
    monkeypatch.setattr(deals, "_place", lambda case: ObjId(MId(0), 0))
    with pytest.raises(AssertionError, match="nothing is under way"):
        in_many_worlds(rng, UNRULY_SEEDS_MAX, lambda seed: play(seed, "open") and None)
