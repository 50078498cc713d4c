"""Which Ms are made anew when they have died, and when no more are."""

from collections.abc import Sequence

import pytest

from cluster.wire.messages import Message, RegisterNursery
from worker import nursery
from worker.nursery import FOREIGN, LOST, RESTARTS_MAX, RESTARTS_S, Nursery


class Link:
    """A coordinator that hears, or does not."""

    def __init__(self, is_unheard: bool) -> None:
        self.is_unheard = is_unheard
        self.sent: list[Message] = []

    def send(self, messages: Sequence[Message]) -> bool:
        self.sent += messages
        return True


class Forks(Nursery):
    """Its Ms are numbers."""

    def __init__(self) -> None:
        super().__init__(lambda *_: None, lambda _: None)
        self.forked: list[int] = []

    def _fork(self) -> int:
        self.forked.append(1000 + len(self.forked))
        return self.forked[-1]

    def replace(self, link: Link, *codes: int) -> bool:
        return self._replace(link, [(pid, code) for pid, code in enumerate(codes)], False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "is_unheard", "made"),
    [
        (0, False, 0),  # it was told to end
        (FOREIGN, False, 0),  # none like it can join
        (LOST, False, 1),  # cut off, and the coordinator is there
        (LOST, True, 0),  # cut off as all are: a new one would be, too
        (1, True, 1),
        (-9, True, 1),
    ],
)
def test_an_m_is_made_anew_if_there_is_use_for_it(code: int, is_unheard: bool, made: int) -> None:
    forks, link = Forks(), Link(is_unheard)
    assert forks.replace(link, code)
    assert len(forks.forked) == made
    assert [message.children for message in link.sent if isinstance(message, RegisterNursery)] == [
        (pid,) for pid in forks.forked
    ]


def test_too_many_in_too_short_a_time_end_all_and_what_is_long_ago_does_not_count(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(nursery.time, "monotonic", lambda: now)
    forks, link = Forks(), Link(False)
    assert all(forks.replace(link, -9) for _ in range(RESTARTS_MAX))
    now += RESTARTS_S + 1
    assert all(forks.replace(link, -9) for _ in range(RESTARTS_MAX))
    assert capfd.readouterr().err == ""
    assert not forks.replace(link, -9) and len(forks.forked) == 2 * RESTARTS_MAX
    assert f"{RESTARTS_MAX} Ms have died in" in capfd.readouterr().err
