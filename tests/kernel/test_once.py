"""sync.Once. The words that programs say are those of the same programs under Go 1.19 with GOMAXPROCS=1."""

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.far import FarOp
from cluster.kernel.once import Once
from cluster.kernel.sched import go, gosched
from cluster.model.ids import MId, ObjId
from tests.fakes import AsleepError, FakeFar, FakeShell, Loopback, StandIn, run
from tests.kernel.talk import Talk, said

AWAY = ObjId(MId(7), 3)


def test_the_function_runs_once_plain_or_async_and_alone_it_yields_to_nobody() -> None:
    async def main() -> list[object]:
        log, plain, other = list[object](), Once(), Once()

        async def asynchronous(word: str) -> None:
            log.append(word)

        go(log.append, "other")
        for word in "ab":
            await plain.do(log.append, word)
            await other.do(asynchronous, word.upper())
        assert (repr(plain), repr(Once())) == ("<Once, done>", "<Once>")
        return log

    assert run(main) == ["a", "A"]


def test_the_others_wait_until_the_first_has_ended() -> None:
    async def program(t: Talk) -> None:
        once, block = Once(), Chan[bool]()

        async def first(i: int) -> None:
            t.say("do ", i)
            await block.recv()

        async def caller(i: int) -> None:
            await once.do(first, i)
            t.say(i)

        await t.parked(4, caller)
        block.close()
        await t.wait(4)

    assert said(program) == "do 0 0 1 2 3"


def test_a_function_that_panics_counts_as_done() -> None:
    async def main() -> str:
        once = Once()

        async def fail() -> None:
            raise ValueError("first")

        with pytest.raises(ValueError, match="first"):
            await once.do(fail)
        await once.do(fail)
        return repr(once)

    assert run(main) == "<Once, done>"


def test_a_function_that_calls_do_again_waits_for_itself() -> None:
    async def main() -> None:
        once = Once()

        async def again() -> None:
            await once.do(print)

        await once.do(again)

    with pytest.raises(AsleepError):
        run(main)


def test_a_starving_once_is_passed_on_from_caller_to_caller() -> None:
    """Many callers that waited for more than 1 ms: each yields to the next, and all come through."""
    far = Loopback()
    shell = FakeShell(far=far)

    async def main() -> list[int]:
        log, once, ended = list[int](), Once(), Chan[None]()
        handle = far.handle(once)

        async def slow() -> None:
            await gosched()
            shell.clock.advance(2_000_000)

        async def caller(i: int) -> None:
            await (handle if i % 2 else once).do(slow)
            log.append(i)
            await ended.send(None)

        for i in range(9):
            go(caller, i)
        for _ in range(9):
            await ended.recv()
        assert repr(handle).endswith(", done>")
        return sorted(log)

    assert shell.run(main) == list(range(9))


def test_a_handle_asks_whether_it_is_first_runs_the_function_here_and_remembers() -> None:
    far = FakeFar()
    shell = FakeShell(far=far)
    once = Once.handle(shell.sched, AWAY, False)

    async def main() -> list[str]:
        log = list[str]()
        await once.do(log.append, "here")
        await once.do(log.append, "again")
        return log

    g = shell.start(main)
    shell.run_until_idle()
    g.val = True
    shell.sched.ready(g)
    assert shell.finish() == ["here"]
    assert [op for _, _, op, _ in far.asked] == [FarOp.ONCE_ENTER] and far.told == [(AWAY, FarOp.ONCE_LEAVE, None)]
    assert once.facts() == (True,)


def test_of_many_on_other_ms_one_is_first_and_the_others_are_told_when_it_is_done() -> None:
    async def main() -> None:
        once, askers = Once(), [StandIn() for _ in range(3)]
        for asker in askers:
            once.serve(FarOp.ONCE_ENTER, None, asker)
        assert [asker.woken for asker in askers] == [[True], [], []]
        once.serve(FarOp.ONCE_LEAVE, None, StandIn())
        assert [asker.woken for asker in askers] == [[True], [False], [False]]
        await once.do(pytest.fail, "it is done")
        with pytest.raises(AssertionError, match="a once was asked for CHAN_LEN"):
            once.serve(FarOp.CHAN_LEN, None, StandIn())

    run(main)
