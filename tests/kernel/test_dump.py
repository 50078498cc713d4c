"""Dumps of goroutines, panics and deadlocks: Go's lines, over the frames of Python programs."""

import re
import sys
import types
from collections.abc import AsyncIterator, Callable, Generator
from functools import partial
from textwrap import dedent

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.dump import deadlock_text, describe, panic_text
from cluster.kernel.events import Panicked
from cluster.kernel.g import G
from cluster.kernel.sched import current_goroutine, go, gosched, sleep
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import ClusterError, Panic
from tests.fakes import AsleepError, FakeShell, park_for_ever

HERE = re.escape(__file__)


class Program:
    """Source text that runs as a program's file does in a worker: as a module that Go would call main."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        self.shell = FakeShell()
        self.file = "/home/gopher/prog.py"
        module = types.ModuleType("__gmp_main_4__")
        module.__file__ = self.file
        names = (Chan, WaitGroup, go, gosched, sleep, park_for_ever, Panic, current_goroutine, describe)
        module.__dict__.update({name.__name__: name for name in names})
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(dedent(text).strip(), self.file, "exec"), module.__dict__)
        self.main = module.__dict__["main"]

    def dump(self) -> str:
        """Run until all sleep; their descriptions."""
        with pytest.raises(AsleepError):
            self.shell.run(self.main)
        return deadlock_text([(g.goid, describe(g, None)) for g in self.shell.program.gs.values()])

    def panic(self) -> str:
        self.shell.start(self.main)
        self.shell.run_until_idle()
        (event,) = self.shell.sched.events
        assert isinstance(event, Panicked)
        return panic_text(event.error, event.g)


def printed(text: str) -> str:
    """Text as it is printed: Go indents with a tab."""
    return dedent(text).lstrip().replace("\n    /", "\n\t/")


Run = Callable[[str], Program]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Run:
    return partial(Program, monkeypatch)


DEADLOCKED = """
async def worker(c): await c.recv()
async def deep(c, n):
    if n == 0:
        await worker(c)
    else:
        await deep(c, n - 1)
class T:
    async def run(self, c): await c.send(1)
async def main():
    c = Chan(); d = Chan()
    wg = WaitGroup()
    wg.add(1)
    go(worker, c)
    go(deep, c, 2)
    go(T().run, d)
    async def outer():
        async def inner(): await d.send(2)
        go(inner)
        await c.recv()
    go(outer)
    await wg.wait()
"""

ITS_DUMP = """
fatal error: all goroutines are asleep - deadlock!

goroutine 1 [semacquire]:
main.main(...)
    /home/gopher/prog.py:21

goroutine 2 [chan receive]:
main.worker(...)
    /home/gopher/prog.py:1
created by main.main
    /home/gopher/prog.py:13

goroutine 3 [chan receive]:
main.worker(...)
    /home/gopher/prog.py:1
main.deep(...)
    /home/gopher/prog.py:4
main.deep(...)
    /home/gopher/prog.py:6
main.deep(...)
    /home/gopher/prog.py:6
created by main.main
    /home/gopher/prog.py:14

goroutine 4 [chan send]:
main.T.run(...)
    /home/gopher/prog.py:8
created by main.main
    /home/gopher/prog.py:15

goroutine 5 [chan receive]:
main.main.<locals>.outer(...)
    /home/gopher/prog.py:19
created by main.main
    /home/gopher/prog.py:20

goroutine 6 [chan send]:
main.main.<locals>.outer.<locals>.inner(...)
    /home/gopher/prog.py:17
created by main.main.<locals>.outer
    /home/gopher/prog.py:18
"""


def test_a_deadlock_shows_every_goroutine_by_id_with_its_frames_from_the_innermost_outwards(program: Run) -> None:
    """The same Go program printed the same, but for arguments, `+0x25`, and frames of package sync."""
    assert program(DEADLOCKED).dump() == printed(ITS_DUMP)


def test_dumps_stand_in_the_order_of_ids_however_they_came() -> None:
    assert deadlock_text([(10, "ten"), (2, "two"), (1, "one")]) == (
        "fatal error: all goroutines are asleep - deadlock!\n\none\n\ntwo\n\nten\n"
    )


@pytest.mark.parametrize(("depth", "elided"), [(99, False), (100, True), (150, True)])
def test_at_most_100_frames_are_shown(depth: int, elided: bool) -> None:
    async def deep(n: int) -> None:
        await (deep(n - 1) if n else gosched())

    shell = FakeShell()
    g = shell.start(deep, depth)
    shell.run_until_idle() if depth < 0 else shell.sched.run(shell.lease, 1)
    lines = describe(g, None).splitlines()
    assert lines.count(f"{__name__}.test_at_most_100_frames_are_shown.<locals>.deep(...)") == 100
    assert lines[0] == "goroutine 1 [runnable]:"
    assert (lines[-1] == "...additional frames elided...") == elided


def frames_of(text: str) -> list[str]:
    """The functions of a dump, without their package."""
    return [match[1] for match in re.finditer(rf"^{__name__}\.(?:.*<locals>\.)?(.*)\(\.\.\.\)$", text, re.MULTILINE)]


class Awaitable:
    def __init__(self, c: Chan[int]) -> None:
        self.c = c

    def __await__(self) -> Generator[object, object, object]:
        return (yield from self.c.recv().__await__())


def test_frames_are_found_through_everything_that_can_be_awaited() -> None:
    shell = FakeShell()

    async def numbers(c: Chan[int]) -> AsyncIterator[int]:
        async for v in c:
            yield v

    async def over_generator(c: Chan[int]) -> None:
        async for _ in numbers(c):
            pass

    async def over_object(c: Chan[int]) -> None:
        await Awaitable(c)

    class Context:
        async def __aenter__(self) -> None:
            await park_for_ever()

        async def __aexit__(self, *_: object) -> None: ...

    async def in_context() -> None:
        async with Context():
            pass

    async def main() -> None:
        c = Chan[int]()
        go(over_generator, c)
        go(over_object, c)
        go(in_context)
        await gosched()
        await gosched()
        await c.recv()

    with pytest.raises(AsleepError):
        shell.run(main)
    found = [frames_of(describe(g, None)) for g in shell.program.gs.values()]
    assert found == [
        ["main"],
        ["numbers", "over_generator"],
        ["Awaitable.__await__", "over_object"],
        ["Context.__aenter__", "in_context"],
    ]


def test_a_goroutine_that_has_not_begun_shows_its_function() -> None:
    """Go 1.19 printed `goroutine 7 [runnable]:`, `main.main.func2()`, its first line, and `created by`."""
    shell = FakeShell()

    async def worker(_: int) -> None: ...

    class Job:
        def __call__(self) -> None: ...

    async def main() -> list[str]:
        for fn in (worker, partial(worker, 1), Job(), print):
            go(fn, 1)
        go(worker, _=1)
        return [describe(g, current_goroutine()) for g in shell.program.gs.values()][1:]

    texts = shell.run(main)
    assert isinstance(texts, list)
    where = f"{__name__}.test_a_goroutine_that_has_not_begun_shows_its_function.<locals>."
    made = rf"created by {re.escape(where)}main\n\t{HERE}:\d+"
    for text, name in zip(texts, ["worker", "worker", "Job", "print", "worker"], strict=True):
        if name == "print":
            lines = r"builtins\.print\(\.\.\.\)\n\t\?:0"
        else:
            lines = rf"{re.escape(where + name)}\(\.\.\.\)\n\t{HERE}:\d+"
        assert re.fullmatch(rf"goroutine \d+ \[runnable\]:\n{lines}\n{made}", text)


def test_the_goroutine_that_executes_shows_the_frames_of_its_thread() -> None:
    async def inner() -> str:
        def plain() -> str:
            g = current_goroutine()
            assert g is not None
            return describe(g, g)

        return plain()

    async def main() -> str:
        return await inner()

    text = FakeShell().run(main)
    assert isinstance(text, str) and text.startswith("goroutine 1 [running]:\n")
    assert frames_of(text) == ["plain", "inner", "main"]


def test_a_plain_function_that_executes_is_shown_from_itself_inwards() -> None:
    def main() -> str:
        def inner() -> str:
            g = current_goroutine()
            assert g is not None
            return describe(g, g)

        return inner()

    text = FakeShell().run(main)
    assert isinstance(text, str) and frames_of(text) == ["inner", "main"]


def test_frames_of_the_runtime_are_left_out_unless_there_are_no_others() -> None:
    shell = FakeShell()
    g = shell.start(sleep, 1)
    shell.run_until_idle()
    lines = describe(g, None).splitlines()
    assert lines[0] == "goroutine 1 [sleep]:"
    assert lines[1::2] == ["cluster.kernel.sched.sleep(...)"]


def test_a_goroutine_that_an_error_is_on_the_way_to_still_shows_where_it_is() -> None:
    shell = FakeShell()

    async def main() -> None:
        await park_for_ever()

    g = shell.start(main)
    shell.run_until_idle()
    shell.sched.throw(g, Panic("x"))
    assert describe(g, None).startswith("goroutine 1 [runnable]:\n")
    assert frames_of(describe(g, None)) == ["main"]


def test_a_goroutine_from_another_m_brings_the_text_of_its_creator_along() -> None:
    shell = FakeShell()
    g = G(9, shell.program, park_for_ever, (), ("created by main.main", "\t/home/gopher/prog.py:3"), 0)
    shell.program.gs[9] = g
    shell.sched.put([g])
    shell.run_until_idle()
    assert describe(g, None).splitlines()[-2:] == ["created by main.main", "\t/home/gopher/prog.py:3"]


# Panics.


def test_a_panic_is_gos_line_and_header_over_the_traceback_of_python(program: Run) -> None:
    assert program(
        """
            class MyError(Exception): pass
            async def fail(): raise MyError('went wrong')
            async def worker():
                await fail()
            async def main():
                go(worker)
                await park_for_ever()
            """
    ).panic() == printed(
        """
            panic: MyError: went wrong

            goroutine 2 [running]:
            Traceback (most recent call last):
              File "/home/gopher/prog.py", line 4, in worker
              File "/home/gopher/prog.py", line 2, in fail
            MyError: went wrong
            created by main.main
                /home/gopher/prog.py:6
            """
    )


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("raise Panic('boom')", "panic: boom"),
        ("raise Panic(1.5)", "panic: +1.500000e+000"),
        ("raise Panic(Code(42))", "panic: main.Code(42)"),
        ("raise Panic(None)", "panic: nil"),
        ("raise Panic(Error('inner'))", "panic: inner"),
        ("raise Error('outer')", "panic: Error: outer"),
        ("raise Error", "panic: Error"),
        ("raise Error(Code)", "panic: Error: <class 'main.Code'>"),
        ("assert False", "panic: AssertionError"),
        ("{}['k']", "panic: KeyError: 'k'"),
        ("1 / 0", "panic: ZeroDivisionError: division by zero"),
        ("raise Wordless", "panic: Wordless: <panic while printing panic value: TypeError>"),
        ("c = Chan(); c.close(); c.close()", "panic: close of closed channel"),
        ("WaitGroup().done()", "panic: sync: negative WaitGroup counter"),
    ],
)
def test_the_panic_line_is_gos_text_for_panics_and_type_and_message_for_others(
    program: Run, statement: str, line: str
) -> None:
    text = program(
        f"""
        class Code(int): pass
        class Error(Exception): pass
        class Wordless(Exception):
            def __str__(self): return None
        def main():
            {statement}
        """
    ).panic()
    assert text.startswith(f"{line}\n\ngoroutine 1 [running]:\nTraceback (most recent call last):\n")
    assert "__gmp_main_" not in text and "cluster.kernel" not in text and "cluster.model" not in text
    assert "created by" not in text and text.endswith("\n")


def test_the_last_of_chained_exceptions_makes_the_panic_line_and_the_others_are_in_the_traceback(program: Run) -> None:
    """Go 1.19 prints a line for each panic that is still under way; a Python traceback has them all."""
    text = program(
        """
        class First(Exception): pass
        def main():
            try:
                raise First('one')
            except First:
                raise Panic('two')
        """
    ).panic()
    assert text.splitlines()[0] == "panic: two"
    assert "\nFirst: one\n\nDuring handling of the above exception, another exception occurred:\n\n" in text
    assert text.endswith("\ncluster.Panic: two\n")


def test_an_error_of_the_runtimes_own_shows_where_the_program_called_it(program: Run) -> None:
    lines = (
        program(
            """
            async def main():
                c = Chan()
                c.close()
                await c.send(1)
            """
        )
        .panic()
        .splitlines()
    )
    assert lines[3:] == [
        "Traceback (most recent call last):",
        '  File "/home/gopher/prog.py", line 4, in main',
        "cluster.SendOnClosedError: send on closed channel",
    ]


def test_a_bug_of_the_runtime_shows_the_frames_of_the_runtime() -> None:
    async def main() -> None:
        c = Chan[int]()
        del c._recvq
        await c.send(1)

    shell = FakeShell()
    shell.start(main)
    shell.run_until_idle()
    (event,) = shell.sched.events
    assert isinstance(event, Panicked)
    text = panic_text(event.error, event.g)
    assert "chan.py" in text and "sched.py" not in text


def test_an_error_that_was_raised_nowhere_has_no_traceback() -> None:
    g = FakeShell().start(park_for_ever)
    assert (
        panic_text(ClusterError("x"), g)
        == "panic: ClusterError: x\n\ngoroutine 1 [running]:\ncluster.ClusterError: x\n"
    )
