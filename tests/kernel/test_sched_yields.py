"""What the switch loop does for others of the kernel: yields of hand-overs, and goroutines that no `go` starts."""

from cluster.kernel.sched import go, gosched, goyield, here
from tests.fakes import FakeShell, names, new_gs, run


def test_goyield_goes_to_the_tail_of_the_ring_and_gosched_to_that_of_globrunq() -> None:
    async def main() -> list[str]:
        log = list[str]()

        async def yielder() -> None:
            await goyield()
            log.append("goyield")

        async def other() -> None:
            await gosched()
            log.append("gosched")

        go(other)
        go(yielder)
        go(log.append, "last")
        await gosched()
        return log

    assert run(main) == ["last", "goyield"]


def test_goyield_overflows_a_full_ring_as_go_does() -> None:
    shell = FakeShell(runq_size=4)
    log: list[object] = []

    async def main() -> None:
        shell.sched.put(new_gs("abcd", shell.program, log))
        await goyield()
        log.append("main")

    shell.start(main)
    assert shell.sched.run(shell.lease, 1)
    assert (names(shell.sched.ring), len(shell.sched.globrunq)) == ("cd", 3)
    shell.finish()
    assert log == ["c", "d", "a", "b", "main"]


def test_a_spawned_goroutine_is_runnext_and_tells_the_hungry() -> None:
    shell = FakeShell()

    async def main() -> list[object]:
        log: list[object] = []
        sched = here("main")
        go(log.append, "first")
        sched.hungry = True
        g = sched.spawn(shell.program, log.append, ("spawned",), ("created by somebody",))
        assert sched.runnext is g and not sched.tokens and g.creator == ("created by somebody",)
        sched.hungry = False
        await gosched()
        return log

    assert shell.run(main) == ["spawned", "first"]
