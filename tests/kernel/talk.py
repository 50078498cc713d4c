"""What the programs of several tests share: the words they say, and goroutines that park one after the other."""

from collections.abc import Awaitable, Callable

from cluster.kernel.chan import Chan
from cluster.kernel.sched import go, gosched
from cluster.model.clock import MILLISECOND
from tests.fakes import FakeShell, Loopback


class Talk:
    """A program and its words. The Go programs whose output the tests expect have the same tools."""

    def __init__(self, shell: FakeShell) -> None:
        self.shell = shell
        self.words: list[str] = []
        self._done: Chan[None]

    def say(self, *words: object) -> None:
        self.words.append("".join(str(word).lower() if isinstance(word, bool) else str(word) for word in words))

    async def parked(self, n: int, f: Callable[[int], Awaitable[None]]) -> None:
        """Start `n` goroutines; each runs, and so parks, before the next is started."""
        for i in range(n):
            self.start(f, i)
            await gosched()

    def start(self, f: Callable[[int], Awaitable[None]], i: int = 0) -> None:
        go(self._one, f, i)

    async def _one(self, f: Callable[[int], Awaitable[None]], i: int) -> None:
        await f(i)
        await self.ended()

    async def ended(self) -> None:
        """One more is done."""
        await self._done.send(None)

    async def wait(self, n: int) -> None:
        for _ in range(n):
            await self._done.recv()

    def burn(self, ms: float) -> None:
        """Compute for a while."""
        self.shell.clock.advance(int(ms * MILLISECOND))

    async def main(self, program: Callable[["Talk"], Awaitable[None]]) -> None:
        self._done = Chan(1000)
        await program(self)


def said(program: Callable[[Talk], Awaitable[None]]) -> str:
    """Run a program on a fresh P: its words, with blanks between them."""
    shell = FakeShell(far=Loopback(), tick=5)  # Go's main.main begins at tick 5
    talk = Talk(shell)
    shell.run(talk.main, program)
    return " ".join(talk.words)
