"""What goroutines print on any M reaches the client's streams whole, complete and in causal order."""

import pytest

from tests.process.place import Place
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)

PRINTERS, LINES, LENGTH = 16, 120, 3000
SHOUT = f"""
    from cluster import Chan, go, gosched
    async def shout(who, done):
        for line in range({LINES}):
            print(f"{{who}} {{line}} " + chr(97 + who) * {LENGTH})
            if line % 10 == 0:
                await gosched()
        await done.send(who)
    async def main():
        done = Chan()
        for who in range({PRINTERS}):
            go(shout, who, done)
        for _ in range({PRINTERS}):
            await done.recv()
        print("END")
"""


def check_shouts(text: str) -> None:
    *lines, last = text.splitlines()
    assert last == "END"
    heard: dict[int, list[int]] = {who: [] for who in range(PRINTERS)}
    for line in lines:
        who, number, rest = line.split(" ")
        assert rest == chr(97 + int(who)) * LENGTH, f"a torn line: {line[:80]}…"
        heard[int(who)].append(int(number))
    assert heard == {who: list(range(LINES)) for who in range(PRINTERS)}


@pytest.mark.parametrize("ms", ["1", "2", "4"])
def test_long_lines_of_many_goroutines_are_neither_torn_nor_lost_in_a_pipe(place: Place, ms: str) -> None:
    done = place.program(SHOUT, "-p", "2", "-w", ms)
    assert (done.code, done.err) == (0, "")
    check_shouts(done.out)


def test_long_lines_of_many_goroutines_are_neither_torn_nor_lost_in_a_file(place: Place) -> None:
    app = place.write("app.py", SHOUT)
    with (place.path / "out.txt").open("w+") as out:
        process = place.start("-m", "cluster", "run", "-p", "2", app, stdout=out)
        assert process.wait() == 0
        out.seek(0)
        check_shouts(out.read())


def test_a_slow_reader_gets_everything(place: Place) -> None:
    app = place.write("app.py", SHOUT)
    process = place.start("-m", "cluster", "run", "-p", "2", app)
    assert process.stdout is not None
    parts = []
    while part := process.stdout.read(50_000):
        parts.append(part)
    assert process.wait() == 0
    check_shouts("".join(parts))


def test_output_is_in_causal_order_across_ms(place: Place) -> None:
    """Two goroutines on two Ms in conversation, each line caused by the one before; others make noise."""
    done = place.program(
        spreading("""
        async def answer(questions, answers):
            async for number in questions:
                print("word", number)
                await answers.send((number + 1, os.getpid()))
        async def noise():
            while True:
                sum(range(5_000))
                await gosched()
        async def main():
            questions, answers = Chan(), Chan()
            await spread(answer, questions, answers)
            for _ in range(4):
                go(noise)
            number, pids = 0, {os.getpid()}
            while number < 800 or len(pids) < 2:
                print("word", number)
                await questions.send(number + 1)
                number, pid = await answers.recv()
                pids.add(pid)
        """),
        "-p", "2",
    )  # fmt: skip
    assert len(done.lines) >= 800
    assert done.lines == [f"word {number}" for number in range(len(done.lines))]


def test_what_another_m_printed_before_it_told_main_is_not_lost_in_a_panic(place: Place) -> None:
    done = place.program(
        spreading("""
        async def talk(done):
            for line in range(50):
                print("line", line)
            await done.send(None)
        async def main():
            done = Chan()
            count, _ = await spread(talk, done)
            for _ in range(count):
                await done.recv()
            print(count)
            print("and half a line", end="")
            raise Panic("over")
        """),
        "-p", "2",
    )  # fmt: skip
    assert done.code == 2
    *lines, count, half = done.lines
    assert half == "and half a line"
    assert sorted(lines) == sorted(f"line {line}" for line in range(50) for _ in range(int(count)))
    assert done.err.startswith("panic: over\n")


@pytest.mark.parametrize("end", ["sys.exit(4)", "await Chan().recv()", "return", "1 / 0"])
def test_output_just_before_the_end_is_not_lost(place: Place, end: str) -> None:
    done = place.program(
        f"""
        import sys
        from cluster import *
        async def main():
            for number in range(2_000):
                print(number)
            print("to stderr", file=sys.stderr)
            print("no newline", end="")
            {end}
        """
    )
    assert done.lines == [*map(str, range(2_000)), "no newline"]
    assert done.err.startswith("to stderr\n")


def test_stdout_and_stderr_of_a_program_are_those_of_the_command(place: Place) -> None:
    done = place.program(
        """
        import sys
        async def main():
            sys.stdout.write("written\\n")
            sys.stdout.buffer.write(b"bytes \\xff\\n".replace(b"\\xff", "ü".encode()))
            print("wörds ✓", flush=True)
            print("problem", file=sys.stderr)
        """
    )
    assert (done.out, done.err) == ("written\nbytes ü\nwörds ✓\n", "problem\n")


def test_output_appears_while_the_program_runs(place: Place) -> None:
    app = place.write(
        "app.py",
        """
        from cluster import sleep
        async def main():
            print("now")
            await sleep(60)
        """,
    )
    process = place.start("-m", "cluster", "run", app)
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n"
    assert process.poll() is None


def test_a_reader_that_goes_away_ends_the_program(place: Place) -> None:
    app = place.write(
        "app.py",
        """
        from cluster import sleep
        async def main():
            while True:
                print("more " * 1000)
                await sleep(0.001)
        """,
    )
    process = place.start("-m", "cluster", "run", app)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("more")
    process.stdout.close()
    assert process.wait(10) == 1
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_the_main_file_prints_once_when_it_is_imported(place: Place) -> None:
    done = place.program('print("imported")\nasync def main(): print("run")', "-p", "2")
    assert done.lines == ["imported", "run"]
