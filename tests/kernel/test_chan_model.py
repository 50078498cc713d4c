"""Random operations on a channel, local and of other Ms, against a model of a channel that is a few lines long."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from cluster.kernel.chan import CLOSED, Chan
from cluster.kernel.far import FarOp
from cluster.kernel.sched import go, gosched
from cluster.model.errors import CloseOfClosedError, SendOnClosedError
from tests.fakes import FakeShell, StandIn

Steps = list[tuple[str, bool]]  # what is done, and whether a goroutine of another M does it
OPERATIONS = st.sampled_from(["send", "recv", "send", "recv", "recv_ok", "len", "close"])


def steps(remote: st.SearchStrategy[bool]) -> st.SearchStrategy[Steps]:
    return st.lists(st.tuples(OPERATIONS, remote), max_size=60)


@dataclass
class Model:
    """A channel whose buffered and waiting values are one list. Results are by the number of the step."""

    cap: int
    closed: bool = False
    values: list[int] = field(default_factory=list)  # sent and not received; those beyond cap are of parked senders
    receivers: list[int] = field(default_factory=list)
    results: dict[int, object] = field(default_factory=dict)

    def do(self, step: int, what: str) -> None:
        match what:
            case "send" if self.closed:
                self.results[step] = "panic"
            case "send" if self.receivers:
                self.results[self.receivers.pop(0)] = step
                self.results[step] = "sent"
            case "send":
                self.values.append(step)
                self._admit()
            case "close" if self.closed:
                self.results[step] = "panic"
            case "close":
                self.closed = True
                self.results[step] = "closed"
                self.results |= dict.fromkeys(self.receivers, "zero")
                self.results |= dict.fromkeys(self.values[self.cap :], "panic")
                del self.values[self.cap :], self.receivers[:]
            case "len":
                self.results[step] = len(self.values[: self.cap])
            case _ if self.values:
                self.results[step] = self.values.pop(0)
                self.results.setdefault(int(str(self.results[step])), "sent")
                self._admit()
            case _ if self.closed:
                self.results[step] = "zero"
            case _:
                self.receivers.append(step)

    def _admit(self) -> None:
        for step in self.values[: self.cap]:
            self.results[step] = "sent"


class Real:
    """The same operations on a real channel, each in a goroutine of its own, or by a stand-in of one."""

    def __init__(self, channel: Chan[int]) -> None:
        self.channel = channel
        self.results: dict[int, object] = {}
        self.away: dict[int, tuple[str, StandIn]] = {}

    async def locally(self, step: int, what: str) -> None:
        c = self.channel
        try:
            match what:
                case "send":
                    await c.send(step)
                    self.results[step] = "sent"
                case "close":
                    c.close()
                    self.results[step] = "closed"
                case "len":
                    self.results[step] = len(c)
                case "recv_ok":
                    value, ok = await c.recv_ok()
                    assert ok == (value != -1)
                    self.results[step] = value if ok else "zero"
                case _:
                    value = await c.recv()
                    self.results[step] = "zero" if value == -1 else value
        except (SendOnClosedError, CloseOfClosedError):
            self.results[step] = "panic"

    def remotely(self, step: int, what: str) -> None:
        waiter = StandIn()
        self.away[step] = what, waiter
        try:
            match what:
                case "send":
                    self.channel.serve(FarOp.CHAN_SEND, step, waiter)
                case "close":
                    self.channel.serve(FarOp.CHAN_CLOSE, None, waiter)
                    waiter.wake("closed")  # nobody is: a Tell has no answer
                case "len":
                    self.channel.serve(FarOp.CHAN_LEN, None, waiter)
                case _:
                    self.channel.serve(FarOp.CHAN_RECV, None, waiter)
        except CloseOfClosedError:
            waiter.wake("panic")

    def all_results(self) -> dict[int, object]:
        return self.results | dict(self._answers())

    def _answers(self) -> Iterator[tuple[int, object]]:
        for step, (what, waiter) in self.away.items():
            assert len(waiter.woken) <= 1, "woken twice"
            for answer in waiter.woken:
                if answer is CLOSED:
                    yield step, "panic" if what == "send" else "zero"
                else:
                    yield step, "sent" if what == "send" else answer


def results_of(cap: int, sequence: Steps) -> dict[int, object]:
    """What each step that completed gave. Each goroutine runs as far as it can before the next step."""

    async def main() -> dict[int, object]:
        real = Real(Chan(cap, zero=-1))
        for step, (what, remote) in enumerate(sequence):
            if remote:
                real.remotely(step, what)
            else:
                go(real.locally, step, what)
            for _ in range(3):  # once more than needed: main may be the 61st tick's
                await gosched()
        return real.all_results()

    results = FakeShell().run(main)
    assert isinstance(results, dict)
    return results


@given(st.integers(0, 4), steps(st.booleans()))
def test_every_operation_gives_what_the_model_gives(cap: int, sequence: Steps) -> None:
    model = Model(cap)
    for step, (what, _) in enumerate(sequence):
        model.do(step, what)
    assert results_of(cap, sequence) == model.results


@given(st.integers(0, 4), steps(st.just(False)))
def test_serving_other_ms_gives_what_local_operations_give(cap: int, sequence: Steps) -> None:
    assert results_of(cap, [(what, True) for what, _ in sequence]) == results_of(cap, sequence)


@given(
    st.integers(0, 5),
    st.lists(st.integers(0, 30), min_size=1, max_size=5),
    st.integers(1, 5),
    st.integers(1, 64),
    st.sampled_from([2, 4, 256]),
)
def test_nothing_is_lost_or_doubled_and_each_sender_keeps_its_order(
    cap: int, counts: list[int], receivers: int, budget: int, runq_size: int
) -> None:
    got: list[list[tuple[int, int]]] = [[] for _ in range(receivers)]

    async def main() -> None:
        c, senders_left, receivers_done = Chan[tuple[int, int]](cap), len(counts), Chan[None](receivers)

        async def sender(who: int) -> None:
            nonlocal senders_left
            for i in range(counts[who]):
                await c.send((who, i))
            senders_left -= 1
            if not senders_left:
                c.close()

        async def receiver(who: int) -> None:
            async for value in c:
                got[who].append(value)
            await receivers_done.send(None)

        for who in range(len(counts)):
            go(sender, who)
        for who in range(receivers):
            go(receiver, who)
        for _ in range(receivers):
            await receivers_done.recv()

    FakeShell(budget=budget, runq_size=runq_size).run(main)
    everything = [value for values in got for value in values]
    assert sorted(everything) == [(who, i) for who, count in enumerate(counts) for i in range(count)]
    for values in got:
        for who in range(len(counts)):
            mine = [i for sender, i in values if sender == who]
            assert mine == sorted(mine)
