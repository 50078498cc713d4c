"""`cluster run FILE.py`: options, arguments and exit codes."""

import json
import os
import re

import pytest

from tests.conftest import RUN_VARIABLE, started_under
from tests.process.place import Place
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)

HELLO = """
    async def main():
        print("Hello, World!")
"""


def test_main_of_a_file_is_run(place: Place) -> None:
    done = place.program(HELLO)
    assert (done.code, done.out, done.err) == (0, "Hello, World!\n", "")


def test_main_may_be_a_plain_function_and_come_from_another_module(place: Place) -> None:
    place.write("elsewhere.py", "def main(): print(__name__)")
    assert place.program("from elsewhere import main").out == "elsewhere\n"


def test_arguments_are_passed_on_as_they_are(place: Place) -> None:
    arguments = ("a b", "--size", "10", "-p", "3", "--", "", "ü")
    done = place.program("import sys\nasync def main(): print(sys.argv)", "-p", "1", arguments=arguments)
    assert done.out == f"{[str(place.path / 'app.py'), *arguments]}\n"


def test_a_program_imports_what_lies_beside_it_and_reads_files_of_the_callers_directory(place: Place) -> None:
    place.write("sub/helper.py", "VALUE = 'of the helper'")
    place.write("sub/app.py", "import helper\nasync def main(): print(helper.VALUE, open('data').read())")
    place.write("data", "of the file")
    assert place.run("-m", "cluster", "run", "sub/app.py").out == "of the helper of the file\n"


PIDS = spreading("""
    async def main():
        _, pids = await spread(nothing)
        print(len(pids))
""")


def test_with_one_p_goroutines_run_on_one_m_and_with_two_on_two(place: Place) -> None:
    alone = """
        import os
        from cluster import Chan, go
        async def child(pids): sum(range(20_000)); await pids.send(os.getpid())
        async def main():
            pids = Chan()
            for _ in range(100):
                go(child, pids)
            print({await pids.recv() for _ in range(100)} == {os.getpid()})
    """
    assert place.program(alone, "-p", "1", "-w", "1").out == "True\n"
    assert place.program(PIDS, "-p", "2", "-w", "2").out == "2\n"


def test_gomaxprocs_of_the_environment_is_the_number_of_ps(place: Place) -> None:
    done = place.program(HELLO, "--explain", GOMAXPROCS="3")
    assert re.search(r"GOMAXPROCS 3\b", done.err)
    assert {f"P{i} is created" in done.err for i in range(3)} == {True}
    assert "P3 is created" not in done.err


def test_explain_tells_the_steps_of_the_bootstrap_in_their_order(place: Place) -> None:
    done = place.program(HELLO, "--explain", "-p", "2")
    assert (done.code, done.out) == (0, "Hello, World!\n")
    steps = ["(schedinit)", "(procresize)", "(newproc, runqput)", "(acquirep)", "execute, main.main)", "(exit)"]
    found = [done.err.find(step) for step in steps]
    assert -1 not in found, f"a step of {steps} is missing in:\n{done.err}"
    assert found == sorted(found), f"not in the order {steps}:\n{done.err}"
    assert re.search(r"operating system process \d+", done.err)


def test_the_trace_is_a_json_file_with_the_goroutines_on_their_ms(place: Place) -> None:
    done = place.program(PIDS, "-p", "2", "--trace", "t.json")
    assert (done.code, done.out) == (0, "2\n")
    events = json.loads((place.path / "t.json").read_text("utf-8"))["traceEvents"]
    spans = [event for event in events if event["ph"] == "X"]
    assert {"main", "begin"} <= {re.split(r"[ .]", event["name"])[-1] for event in spans}
    assert all(event["dur"] >= 0 and event["ts"] >= 0 for event in spans)


def test_a_program_runs_at_an_address(place: Place) -> None:
    coordinator, _ = place.cluster()
    text = "import os\nasync def main(): print(os.getppid())"
    done = place.program(text, "--address", place.address, GMP_CLUSTER_DIR=str(place.path / "none"))
    assert done.code == 0
    assert int(done.out) not in (os.getpid(), coordinator.pid)
    assert coordinator.poll() is None  # it was joined, not ended


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("pass", 0),
        ("return 3", 0),  # what main returns is not for the shell
        ("sys.exit()", 0),
        ("sys.exit(7)", 7),
        ("raise SystemExit(3)", 3),
        ("sys.exit('words')", 1),
        ("1 / 0", 2),
        ("raise Panic('no')", 2),
        ("await Chan().recv()", 2),
    ],
)
def test_the_exit_code_is_that_of_the_programs_end(place: Place, body: str, code: int) -> None:
    assert place.program(f"import sys\nfrom cluster import *\nasync def main():\n    {body}").code == code


def test_sys_exit_of_any_goroutine_ends_the_program_and_runs_no_finally(place: Place) -> None:
    done = place.program(
        """
        import sys
        from cluster import Chan, go
        async def leave():
            print("leaving")
            sys.exit(9)
        async def main():
            try:
                go(leave)
                await Chan().recv()
            finally:
                print("not reached")
        """
    )
    assert (done.code, done.out, done.err) == (9, "leaving\n", "")


def test_words_given_to_sys_exit_go_to_stderr(place: Place) -> None:
    done = place.program("import sys\nasync def main(): sys.exit('last words')")
    assert (done.code, done.out, done.err) == (1, "", "last words\n")


def test_when_main_returns_the_other_goroutines_end_with_it(place: Place) -> None:
    done = place.program(
        """
        from cluster import go, gosched
        async def for_ever():
            try:
                while True:
                    await gosched()
            finally:
                print("not reached")
        async def main():
            for _ in range(10):
                go(for_ever)
            await gosched()
            print("main ends")
        """
    )
    assert (done.code, done.out, done.err) == (0, "main ends\n", "")


def test_no_process_and_no_directory_is_left_after_a_program(place: Place) -> None:
    assert place.program(HELLO).code == 0
    assert place.embedded() == []
    assert started_under(os.environ[RUN_VARIABLE]) == []
