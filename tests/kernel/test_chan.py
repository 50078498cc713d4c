"""Channels: what each operation does in each state, and the handles that stand for channels of other Ms."""

from collections import deque

import pytest

from cluster.kernel.chan import CLOSED, Chan
from cluster.kernel.far import FarOp
from cluster.kernel.g import CHAN_RECEIVE, CHAN_SEND
from cluster.kernel.sched import go, gosched
from cluster.model.errors import (
    CannotShipError,
    CloseOfClosedError,
    ClusterError,
    MakeChanError,
    NotInGoroutineError,
    Panic,
    SendOnClosedError,
)
from cluster.model.ids import MId, ObjId
from tests.fakes import AsleepError, FakeFar, FakeShell, StandIn, run

AWAY = ObjId(MId(7), 3)


# Unbuffered.


def test_an_unbuffered_send_waits_for_its_receiver() -> None:
    log = list[str]()

    async def main() -> None:
        c = Chan[int]()

        async def sender() -> None:
            await c.send(1)
            log.append("sent")

        go(sender)
        await gosched()
        log.append(f"receive, len {len(c)} cap {c.cap}")
        assert await c.recv() == 1
        await gosched()

    run(main)
    assert log == ["receive, len 0 cap 0", "sent"]


def test_the_second_of_two_partners_completes_without_giving_up_the_m() -> None:
    async def main() -> list[str]:
        a, b, log = Chan[str](), Chan[str](), list[str]()

        async def receiver() -> None:
            log.append(await a.recv())

        async def sender() -> None:
            await b.send("to main")
            log.append("sender goes on")

        go(receiver)
        go(sender)
        await gosched()
        await a.send("from main")
        log.append(await b.recv())
        log.append("main goes on")
        await gosched()
        return log

    assert run(main) == ["to main", "main goes on", "sender goes on", "from main"]


def test_a_lone_sender_and_a_lone_receiver_wait_for_ever_and_the_dump_says_why() -> None:
    for operation, reason in (("send", CHAN_SEND), ("recv", CHAN_RECEIVE), ("recv_ok", CHAN_RECEIVE)):
        shell = FakeShell()

        async def main(operation: str = operation) -> None:
            c = Chan[int]()
            await (c.send(1) if operation == "send" else getattr(c, operation)())

        with pytest.raises(AsleepError):
            shell.run(main)
        assert shell.program.gs[1].wait_reason is reason


def test_none_and_false_values_are_values() -> None:
    async def main() -> list[object]:
        c = Chan[object]()

        async def sender() -> None:
            for value in (None, 0, False, "", CLOSED.__class__):
                await c.send(value)
            c.close()

        go(sender)
        return [v async for v in c]

    assert run(main) == [None, 0, False, "", CLOSED.__class__]


# Buffered.


def test_a_buffer_takes_cap_values_and_the_next_sender_waits() -> None:
    shell = FakeShell()

    async def main() -> None:
        c = Chan[int](3)
        for i in range(4):
            await c.send(i)
            seen.append((i, len(c)))

    seen = list[tuple[int, int]]()
    with pytest.raises(AsleepError):
        shell.run(main)
    assert seen == [(0, 1), (1, 2), (2, 3)]


def test_a_parked_receiver_gets_the_value_past_the_buffer() -> None:
    async def main() -> tuple[int, int]:
        c, got = Chan[int](2), Chan[int](1)

        async def receiver() -> None:
            await got.send(await c.recv())

        go(receiver)
        await gosched()
        await c.send(1)
        return len(c), await got.recv()

    assert run(main) == (0, 1)


def test_a_full_buffer_gives_its_head_and_takes_the_oldest_sender_to_its_tail() -> None:
    async def main() -> list[object]:
        c = Chan[int](2)
        log = list[object]()
        await c.send(0)
        await c.send(1)
        for i in (2, 3):
            go(c.send, i)
            await gosched()
        for _ in range(4):
            log.append((await c.recv(), len(c)))
        return log

    assert run(main) == [(0, 2), (1, 2), (2, 1), (3, 0)]


# Closing.


def test_a_closed_channel_gives_what_is_buffered_then_zero_for_ever() -> None:
    async def main() -> list[object]:
        c = Chan[int](2, zero=-1)
        await c.send(1)
        await c.send(2)
        c.close()
        return [await c.recv_ok(), await c.recv(), await c.recv_ok(), await c.recv(), await c.recv_ok(), len(c), c.cap]

    assert run(main) == [(1, True), 2, (-1, False), -1, (-1, False), 0, 2]


def test_zero_is_none_unless_it_was_named() -> None:
    async def main() -> list[object]:
        c = Chan[int]()
        c.close()
        return [await c.recv(), await c.recv_ok(), c.zero, Chan(1, zero="z").zero]

    assert run(main) == [None, (None, False), None, "z"]


@pytest.mark.parametrize("ok", [False, True])
def test_receivers_parked_when_a_channel_closes_get_zero(ok: bool) -> None:
    async def main() -> object:
        c, got = Chan[int](zero=0), Chan[object]()

        async def receiver() -> None:
            await got.send(await c.recv_ok() if ok else await c.recv())

        go(receiver)
        await gosched()
        c.close()
        return await got.recv()

    assert run(main) == ((0, False) if ok else 0)


def test_closed_channel_panics_have_gos_texts_and_are_both_panics_and_ours() -> None:
    async def main() -> list[Exception]:
        errors = list[Exception]()
        c = Chan[int](1)

        async def parked_sender(c: Chan[int]) -> None:
            try:
                await c.send(1)
            except SendOnClosedError as error:
                errors.append(error)

        parked = Chan[int]()
        go(parked_sender, parked)
        await gosched()
        parked.close()
        c.close()
        await parked_sender(c)
        try:
            c.close()
        except CloseOfClosedError as error:
            errors.append(error)
        try:
            Chan(-1)
        except MakeChanError as error:
            errors.append(error)
        await gosched()
        return errors

    errors = run(main)
    assert isinstance(errors, list)
    assert sorted(map(str, errors)) == [
        "close of closed channel",
        "makechan: size out of range",
        "send on closed channel",
        "send on closed channel",
    ]
    assert all(isinstance(error, Panic) and isinstance(error, ClusterError) for error in errors)


def test_a_send_that_panicked_left_nothing_behind() -> None:
    async def main() -> object:
        c = Chan[int](1)
        c.close()
        with pytest.raises(SendOnClosedError):
            await c.send(1)
        return await c.recv_ok()

    assert run(main) == (None, False)


# The object.


def test_a_channel_is_true_and_equal_to_itself_only() -> None:
    async def main() -> bool:
        a, b = Chan[int](), Chan[int]()
        return bool(a) and a == a and a != b and len({a, b}) == 2

    assert run(main) is True


def test_a_channel_tells_what_it_is() -> None:
    async def main() -> str:
        c = Chan[int](2)
        await c.send(1)
        c.close()
        return repr(c)

    assert run(main) == "<Chan cap=2, 1 buffered, closed>"


def test_an_operation_can_be_awaited_once() -> None:
    async def main() -> None:
        c = Chan[int](2)
        send = c.send(1)
        await send
        with pytest.raises(RuntimeError, match="cannot reuse already awaited"):
            await send

    run(main)


def test_operations_that_would_park_need_a_goroutine() -> None:
    async def main() -> Chan[int]:
        return Chan(1)

    c = run(main)
    assert isinstance(c, Chan)
    for operation in (c.recv(), c.recv_ok()):
        with pytest.raises(NotInGoroutineError, match="recv was called outside"):
            operation.send(None)
    with pytest.raises(StopIteration):
        c.send(1).send(None)
    with pytest.raises(NotInGoroutineError, match="send was called outside"):
        c.send(2).send(None)


# Handles: what they ask of the home, and what they make of its answer.


def away(shell: FakeShell, cap: int = 0) -> Chan[object]:
    return Chan[object].handle(shell.sched, AWAY, cap, "zero")


@pytest.mark.parametrize("cap", [0, 2])
def test_a_handle_asks_its_home_for_each_operation_that_may_park(cap: int) -> None:
    far = FakeFar()
    shell = FakeShell(far=far)
    c, log = away(shell, cap), list[object]()

    async def main() -> None:
        await c.send("value")
        log.append("sent")
        log.append(await c.recv())
        log.append(await c.recv_ok())
        async for v in c:
            log.append(v)

    g = shell.start(main)
    for answer in (None, "a", "b", "c", CLOSED):
        shell.run_until_idle()
        g.val = answer
        shell.sched.ready(g)
    assert shell.finish() is None
    assert log == ["sent", "a", ("b", True), "c"]
    assert far.asked == [(g, AWAY, FarOp.CHAN_SEND, "value"), *[(g, AWAY, FarOp.CHAN_RECV, None)] * 4]


def test_a_handle_panics_and_gives_zero_when_its_home_says_closed() -> None:
    shell = FakeShell(far=FakeFar())
    c = away(shell)

    async def main() -> object:
        with pytest.raises(SendOnClosedError):
            await c.send(1)
        return await c.recv(), await c.recv_ok()

    g = shell.start(main)
    for _ in range(3):
        shell.run_until_idle()
        g.val = CLOSED
        shell.sched.ready(g)
    assert shell.finish() == ("zero", ("zero", False))


def test_closing_a_handle_does_not_wait_and_its_length_does() -> None:
    far = FakeFar()
    far.answers[FarOp.CHAN_LEN] = 5
    shell = FakeShell(far=far)
    c = away(shell, 9)

    async def main() -> object:
        c.close()
        return len(c), c.cap, c.zero, bool(c), repr(c)

    assert shell.run(main) == (5, 9, "zero", True, f"<Chan cap=9, at {AWAY}>")
    assert far.told == [(AWAY, FarOp.CHAN_CLOSE, None)]


# Serving other Ms. That it equals the local operations is shown by test_chan_model.py.


def test_a_channel_serves_length_and_knows_no_other_operation() -> None:
    async def main() -> object:
        c, who = Chan[int](3), StandIn()
        await c.send(1)
        c.serve(FarOp.CHAN_LEN, None, who)
        with pytest.raises(AssertionError, match="a channel was asked for WG_ADD"):
            c.serve(FarOp.WG_ADD, 1, who)
        return who.woken

    assert run(main) == [1]


def test_a_served_close_of_a_closed_channel_panics_for_who_told() -> None:
    async def main() -> None:
        c = Chan[int]()
        c.serve(FarOp.CHAN_CLOSE, None, StandIn())
        with pytest.raises(CloseOfClosedError):
            c.serve(FarOp.CHAN_CLOSE, None, StandIn())

    run(main)


class Unshippable(StandIn):
    """A receiver on another M, to which only numbers can be sent."""

    def wake(self, val: object) -> None:
        if isinstance(val, str):
            raise CannotShipError("a test says so")
        super().wake(val)


@pytest.mark.parametrize("local", [True, False])
def test_a_value_that_cannot_be_shipped_fails_its_sender_and_leaves_the_receiver_in_line(local: bool) -> None:
    async def main() -> object:
        c, receiver, behind, sender = Chan[object](), Unshippable(), StandIn(), StandIn()
        c.serve(FarOp.CHAN_RECV, None, receiver)
        c.serve(FarOp.CHAN_RECV, None, behind)
        with pytest.raises(CannotShipError):
            await c.send("text") if local else c.serve(FarOp.CHAN_SEND, "text", sender)
        assert (receiver.woken, behind.woken, sender.woken) == ([], [], [])
        await c.send(4)
        return receiver.woken

    assert run(main) == [4]


def test_waiters_are_served_in_the_order_in_which_they_came_local_or_not() -> None:
    """close readies local ones from the newest to the oldest, as Go; a remote one is woken in its turn."""

    async def main() -> object:
        c, who, order = Chan[int](), [StandIn(), StandIn()], deque[object]()

        async def local() -> None:
            order.append(await c.recv())

        c.serve(FarOp.CHAN_RECV, None, who[0])
        go(local)
        await gosched()
        c.serve(FarOp.CHAN_RECV, None, who[1])
        for i in range(3):
            await c.send(i)
        await gosched()
        return who[0].woken, list(order), who[1].woken

    assert run(main) == ([0], [1], [2])
