"""Mistakes of users: each is answered by one clear paragraph and an exit code, and nobody hangs."""

import socket

import pytest

from tests.process.place import Place, one_paragraph
from tests.process.spread import spreading

pytestmark = pytest.mark.timeout(60)

FINE = "async def main(): print('fine')"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("nowhere.py", None, r"cannot read nowhere\.py: No such file"),
        (".", None, r"cannot read \.: Is a directory"),
        ("app.py", "async def main(:\n    pass", r"app\.py, line 1: .*: this is no Python program"),
        ("app.py", "x = 1\n\0", r"app\.py.*: this is no Python program"),
        ("app.py", "", r"app\.py has no function `main`: a program needs `async def main\(\):`"),
        ("app.py", "def Main(): pass", r"app\.py has no function `main`"),
        ("app.py", "if False:\n    def main(): pass", r"app\.py has no function `main`"),
        ("app.py", "main = 3", r"app\.py has no function `main`"),
    ],
)
def test_a_file_that_is_no_program_is_refused(place: Place, name: str, text: str | None, says: str) -> None:
    if text is not None:
        place.write(name, text)
    done = place.run("-m", "cluster", "run", name)
    assert (done.code, done.out) == (1, "")
    one_paragraph(done.err, says)


def test_a_file_that_raises_when_it_is_imported_is_reported_from_its_own_first_frame(place: Place) -> None:
    done = place.program("def deep(): raise ValueError('at import')\ndeep()\nasync def main(): pass", "-p", "2")
    assert (done.code, done.out) == (1, "")
    first, *rest = done.err.splitlines()
    assert first == f"error: {place.path}/app.py cannot be imported:"
    assert rest[:2] == ["Traceback (most recent call last):", f'  File "{place.path}/app.py", line 2, in <module>']
    assert rest[-1] == "ValueError: at import"
    assert "worker/" not in done.err


@pytest.mark.parametrize("raised", ["sys.exit(3)", "raise KeyboardInterrupt", "import no_such_module"])
def test_a_file_that_ends_its_import_in_another_way_is_reported_too(place: Place, raised: str) -> None:
    done = place.program(f"import sys\n{raised}\nasync def main(): pass", "-p", "2")
    assert done.code in (1, 3)
    assert raised.rsplit(maxsplit=1)[-1].partition("(")[0] in done.err or done.code == 3


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ipc:///tmp/gmpt-none/none.sock", r"nobody answers at ipc:///tmp/gmpt-none/none\.sock: there is no such"),
        ("tcp://127.0.0.1:1", "can only be reached with the keys of its coordinator"),
        ("tcp://127.0.0.1", "is no address of a cluster: it should look like tcp://HOST:PORT"),
        ("garbage", "is no address of a cluster: it should look like ipc:///"),
        ("ipc://", "is no address of a cluster: it should look like ipc:///"),
        ("ipc:///", "nobody answers at|is no address"),
        ("", "is no address of a cluster: it should look like ipc:///"),
        ("ipc:///tmp", "nobody answers at|is no address"),
    ],
)
def test_an_address_where_nobody_can_be_is_refused_at_once(place: Place, address: str, says: str) -> None:
    done = place.program(FINE, "--address", address)
    assert (done.code, done.out) == (1, "")
    one_paragraph(done.err, says)  # who waits for an answer in vain says something else
    script = f"import cluster\ntry:\n    cluster.run(print, address={address!r})\n"
    done = place.run("-c", f"{script}except cluster.NoClusterError as error:\n    print(error)")
    assert (done.code, done.err) == (0, "")
    one_paragraph(done.out, says)


def test_a_socket_that_nobody_serves_any_more_is_noticed_at_once(place: Place) -> None:
    place.cluster_dir.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(place.cluster_dir / "coordinator.sock"))
    for command in (("run", place.write("app.py", FINE)), ("status",), ("stop",)):
        done = place.run("-m", "cluster", *command[:1], "--address", place.address, *command[1:])
        assert (done.code, done.out) == (1, "")
        one_paragraph(done.err, f"nobody answers at {place.address}: Connection refused")


def test_a_connection_file_of_a_dead_coordinator_or_of_nonsense_is_as_none(place: Place) -> None:
    place.cluster_dir.mkdir(mode=0o700)
    for text in (
        "",
        "{",
        "[]",
        '{"address": 1}',
        '{"address": "ipc:///x", "pid": 4194305}',
        '{"address": "x", "pid": -1}',
    ):
        place.write("c/connection.json", text)
        assert place.program(FINE, "-p", "1").out == "fine\n"
        one_paragraph(place.run("-m", "cluster", "status").err, "no coordinator lives in")


@pytest.mark.parametrize(
    "options", [("-p", "0"), ("-p", "-1"), ("-p", "x"), ("-p", "100000"), ("-w", "0"), ("-w", "x"), ("--no-such",), ()]
)
def test_misuse_of_options_is_refused_with_code_2(place: Place, options: tuple[str, ...]) -> None:
    app = place.write("app.py", FINE)
    done = place.run("-m", "cluster", "run", *options, *([app] if options else []))
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert done.err.splitlines()[-1].startswith("Error: ")


def test_procs_of_a_cluster_at_an_address_are_not_ours_to_set(place: Place) -> None:
    place.coordinator()
    done = place.program(FINE, "-p", "2", "--address", place.address)
    assert done.code == 2
    assert "-p and -w are those of the cluster at --address" in done.err


@pytest.mark.parametrize(
    "arguments", ["procs=0", "procs=-1", "workers=0", "procs=10**9", "procs=1, address='ipc:///x/y'"]
)
def test_arguments_of_run_that_make_no_sense_raise(place: Place, arguments: str) -> None:
    done = place.run("-c", f"import cluster\nasync def main(): pass\ncluster.run(main, {arguments})")
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("cluster.ClusterError: procs") or "ClusterError: " in done.err


@pytest.mark.parametrize("trace", ["/no/such/directory/t.json", "."])
def test_a_trace_that_cannot_be_written_is_refused_before_the_program_runs(place: Place, trace: str) -> None:
    done = place.program(FINE, "--trace", trace)
    assert done.code in (1, 2)
    assert (done.out, "Traceback" in done.err) == ("", False)


def test_a_goroutine_whose_arguments_cannot_be_pickled_stays_on_its_m(place: Place) -> None:
    done = place.program(
        spreading("""
        import threading
        async def child(pids, lock):
            sum(range(20_000))
            await pids.send(os.getpid())
        async def main():
            pids, lock = Chan(), threading.Lock()
            for _ in range(40):
                go(child, pids, lock)
            await spread(nothing)
            print({await pids.recv() for _ in range(40)} == {os.getpid()})
        """),
        "-p", "2",
    )  # fmt: skip
    assert (done.code, done.out, done.err) == (0, "True\n", "")


def test_a_value_that_cannot_be_pickled_fails_at_the_send_that_ships_it(place: Place) -> None:
    done = place.program(
        spreading("""
        import threading
        import cluster
        async def child(values, said, home):
            try:
                await values.send(threading.Lock())
            except cluster.CannotShipError as error:
                await said.send((os.getpid() == home, str(error)))
            else:
                await said.send((os.getpid() == home, "sent"))
        async def drain(values):
            async for _ in values:
                pass
        async def main():
            values, said, heard = Chan(), Chan(), set()
            go(drain, values)
            await gosched()  # it has started, so it stays here
            while len(heard) < 2:
                for _ in range(20):
                    go(begin, Chan(1000), child, (values, said, os.getpid()))
                heard |= {await said.recv() for _ in range(20)}
            for line in sorted(heard):
                print(*line)
        """),
        "-p", "2",
    )  # fmt: skip
    there, here = done.lines
    assert here == "True sent"  # within one M nothing is copied
    assert there.startswith("False the argument of ")
    assert "must go to another process and cannot be pickled: cannot pickle '_thread.lock' object" in there


def test_a_value_that_cannot_be_pickled_panics_the_sender_when_nobody_catches_it(place: Place) -> None:
    done = place.program(
        spreading("""
        import threading
        async def child(values):
            await values.send(threading.Lock())
        async def drain(values):
            async for _ in values:
                pass
        async def main():
            values = Chan()
            go(drain, values)
            await gosched()
            await spread(child, values)
            await Chan().recv()
        """),
        "-p", "2",
    )  # fmt: skip
    assert done.code == 2
    assert done.err.startswith("panic: CannotShipError: the argument of ")


def test_arguments_of_main_that_cannot_be_pickled_raise_in_the_caller(place: Place) -> None:
    done = place.run("-c", f"import threading, cluster\nasync def main(x): pass\n{CALL.format('threading.Lock()')}")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("CannotShipError main or an argument of it must go to another process")


def test_a_result_of_main_that_cannot_be_pickled_raises_in_the_caller(place: Place) -> None:
    text = f"import threading, cluster\nasync def main(x): return threading.Lock()\n{CALL.format(1)}"
    done = place.run("-c", text)
    assert (done.code, done.err) == (0, "")
    assert "what main returned must go to another process and cannot be pickled" in done.out


CALL = """
try:
    cluster.run(main, {})
except cluster.ClusterError as error:
    print(type(error).__name__, error)
"""


def test_classes_that_fail_when_they_are_read_end_the_program_with_their_error(place: Place) -> None:
    done = place.program(
        """
        from cluster import Chan, go
        class Bad:
            def __reduce__(self): return int, ("no number",)
        async def child(bad, chan):
            sum(range(20_000))
            await chan.send(1)
        async def main():
            chan = Chan()
            while True:  # until the other M has joined, and taken some
                for _ in range(40):
                    go(child, Bad(), chan)
                for _ in range(40):
                    await chan.recv()
        """,
        "-p", "2",
    )  # fmt: skip
    assert done.code == 1
    assert "cannot be read on this worker: ValueError: invalid literal for int()" in done.err


@pytest.mark.parametrize(
    ("statement", "code", "says"),
    [
        ("Chan(1).send(1)", 0, "RuntimeWarning: coroutine 'Chan.send' was never awaited"),
        ("c = Chan(1); s = c.send(1); await s; await s", 2, "cannot reuse already awaited coroutine"),
        ("await asyncio.Future(loop=asyncio.new_event_loop())", 2, "Run other event loops' awaitables in a thread"),
        ("Chan(-1)", 2, "panic: makechan: size out of range"),
        ("go(says('once')); await sleep(1)", 2, "give it the function and its arguments, go(f, x), not go(f(x))"),
        ("go(lambda: says('once')); await sleep(0.1)", 0, ""),  # a plain function that returns a coroutine: it is run
    ],
)
def test_misuse_of_the_language_is_told_with_what_to_do(place: Place, statement: str, code: int, says: str) -> None:
    done = place.program(
        f"""
        import asyncio
        from cluster import *
        async def says(what): print(what)
        async def main():
            {statement}
        """,
        "-p", "1",
    )  # fmt: skip
    assert done.code == code
    assert says in done.err and bool(says) == bool(done.err)
    assert done.out == ("once\n" if not says else "")


@pytest.mark.parametrize("made", ["Chan()", "Mutex()", "WaitGroup()", "after(1)", "go(print)", "sleep(1).send(None)"])
def test_runtime_objects_and_calls_outside_of_goroutines_say_so(place: Place, made: str) -> None:
    done = place.program(f"from cluster import *\n{made}\nasync def main(): pass")
    assert (done.code, done.out) == (1, "")
    assert "was called outside of a goroutine: it needs a running program." in done.err
