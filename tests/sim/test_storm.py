"""Storms, many; and that they find what is wrong: without any one of the guards something is lost, or done twice."""

import gc
import re
from collections.abc import Callable
from random import Random

import pytest

from cluster.model.clock import Instant
from cluster.model.ids import Epoch, MId, PId
from cluster.wire import messages as w
from cluster.wire.links import Hearing, LinkEnd
from coordinator.core import placement
from coordinator.core.membership import M, Membership
from coordinator.core.placement import holding
from coordinator.core.ptable import P, PTable
from coordinator.core.state import State
from tests.sim import storm
from tests.sim.cluster import World
from tests.sim.wires import NOBODY, FaultyLink, Frame
from worker.core.lease import LeaseClient
from worker.core.machine import Machine

STORMS = 10_000  # in all, and others for each seed: see `rng`
SHARES = 100  # of a test each, so that workers share them
FOUND_WITHIN = 1500  # storms; most guards are missed within a hundred


@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_is_lost_or_done_twice_and_everything_ends(rng: Random, share: int) -> None:
    first = rng.getrandbits(40)
    ended = storm.run_many(range(first, first + STORMS // SHARES))
    assert ended["returned"] > STORMS // SHARES // 2
    assert ended["lost"] + ended["vanished"], "the weather is too fine"


def test_a_storm_is_the_same_every_time() -> None:
    def told(seed: int) -> object:
        one = storm.Storm(seed)
        return one.run(), one.told, one.world.clock.now()

    assert [told(seed) for seed in range(5)] == [told(seed) for seed in range(5)]


def test_storms_leave_nothing_behind() -> None:
    def worlds() -> int:
        return sum(isinstance(thing, World) for thing in gc.get_objects())

    storm.run_many(range(20))
    before = worlds()  # of other tests
    storm.run_many(range(20, 40))
    assert worlds() <= before


Break = Callable[[pytest.MonkeyPatch], None]


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """Whoever was a member may speak, for whatever P."""

    def lose(self: Membership, m: M) -> None:
        peer = m.peer
        true_lose(self, m)
        self.by_peer[peer] = m

    def check(self: PTable, m: MId, p_id: PId, epoch: Epoch) -> P:
        return self.ps[p_id]

    true_lose = Membership.lose
    patch.setattr(Membership, "lose", lose)
    patch.setattr(PTable, "check", check)


def no_margin(patch: pytest.MonkeyPatch) -> None:
    """The holder does not give up before the grantor does."""

    def configure(self: LeaseClient, renew_ns: int, give_up_ns: int) -> None:
        true_configure(self, renew_ns, 2 * give_up_ns)

    true_configure = LeaseClient.configure
    patch.setattr(LeaseClient, "configure", configure)


def no_duplicate_check(patch: pytest.MonkeyPatch) -> None:
    """What comes again is taken again."""

    def hear(self: LinkEnd[Frame], header: w.Numbered, says_something: bool, size: int, now: Instant) -> Hearing:
        heard = true_hear(self, header, says_something, size, now)
        return Hearing.TAKE if says_something and header.number <= self._taken else heard

    true_hear = LinkEnd.hear
    patch.setattr(LinkEnd, "hear", hear)


def no_shadow_copy(patch: pytest.MonkeyPatch) -> None:
    """The coordinator does not keep what it ships."""

    def ship(s: State, m: M, records: tuple[w.Record, ...]) -> None:
        for record in records:
            s.programs[record.program].sent += 1
        s.tell(m, w.Work(holding(s, m).id, holding(s, m).epoch, records))

    patch.setattr(placement, "ship", ship)


def no_sending_again(patch: pytest.MonkeyPatch) -> None:
    """What was lost on the wire stays lost."""

    def tend(self: LinkEnd[Frame], now: Instant) -> tuple[list[Frame], w.Numbered | None]:
        return [], true_tend(self, now)[1]

    true_tend = LinkEnd.tend
    patch.setattr(LinkEnd, "tend", tend)


def no_sessions(patch: pytest.MonkeyPatch) -> None:
    """What was said to who an M was is said to its next self: links go on, and the M listens before its Welcome.

    Either guard does alone: with sessions nothing old arrives, and what arrives before the Welcome is not taken.
    """

    def put(self: FaultyLink, now: int, source: MId, message: w.Message, to: MId) -> None:
        if self.life != NOBODY:
            life = self._life_of(source, message, to)
            self.life = life
        true_put(self, now, source, message, to)

    true_put = FaultyLink.put
    patch.setattr(FaultyLink, "put", put)
    patch.setattr(FaultyLink, "is_heard", lambda self, frame: True)
    patch.setattr(Machine, "_is_for_who_i_was", lambda self, message: False)


@pytest.mark.parametrize(
    ("broken", "finding"),
    [
        (no_fence, "goes on for ever|holds no P|cannot release|holds it"),
        (no_margin, "two Ms run under one P"),
        (no_duplicate_check, "no such move|in two places|ends once|fenced off|causal order|goes on for ever|and not"),
        (no_shadow_copy, "goes on for ever|and not"),
        (no_sending_again, "goes on for ever"),
        (no_sessions, "earlier self"),
    ],
)
def test_without_a_guard_a_storm_finds_what_it_guards(
    monkeypatch: pytest.MonkeyPatch, rng: Random, broken: Break, finding: str
) -> None:
    broken(monkeypatch)
    monkeypatch.setattr(storm, "STORM_STEPS_MAX", 3000)
    found: list[str] = []
    for _ in range(FOUND_WITHIN):
        try:
            storm.run(rng.getrandbits(40), deadly=True)
        except Exception as error:  # noqa: BLE001  # a broken guard shows itself in many ways
            found.append(f"{type(error).__name__}: {error}")
            if re.search(finding, found[-1]):
                return
    raise AssertionError(f"{FOUND_WITHIN} storms have not found it, but {found}")
