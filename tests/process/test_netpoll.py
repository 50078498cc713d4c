"""readable and writable in real processes: pipes and sockets, and deadlocks that are none."""

import pytest

from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)

ON = pytest.mark.parametrize("options", [("-p", "1", "-w", "1"), ("-p", "2", "-w", "2")], ids=["one M", "two Ms"])


def test_a_pipe_between_goroutines(place: Place) -> None:
    done = place.program(
        """
        import os
        from cluster import *
        async def reads(end, counts):
            while True:
                await readable(end)
                if not (data := os.read(end, 65536)):
                    break
                await counts.send(len(data))
            counts.close()
        async def writes(end, count):
            os.set_blocking(end, False)
            while count:
                await writable(end)
                count -= os.write(end, bytes(min(count, 100_000)))
            os.close(end)
        async def main():
            read, write = os.pipe()
            counts = Chan()
            go(writes, write, 1_000_000)
            go(reads, read, counts)
            print(sum([n async for n in counts]))
            with open(__file__) as file:
                await readable(file)
                print(file.read().split()[0])
        """,
        *("-p", "1", "-w", "1"),
    )
    assert (done.code, done.lines, done.err) == (0, ["1000000", "import"], "")


@ON
def test_who_has_a_socket_waits_for_it_where_it_is(place: Place, options: tuple[str, ...]) -> None:
    """Goroutines that have not started, and some that have, would move to the other M if they could."""
    done = place.program(
        """
        import socket
        from cluster import *
        async def turns(name, mine, rounds):
            for i in range(rounds):
                await readable(mine)
                n = int(mine.recv(16))
                sum(range(n % 50_000))
                await writable(mine)
                mine.send(b"%d" % (n + 1))
        async def pair(rounds, ended):
            a, b = socket.socketpair()
            for end in (a, b):
                end.setblocking(False)
            done = WaitGroup()
            done.add(1)
            async def other():
                await turns("b", b, rounds)
                done.done()
            go(other)
            a.send(b"0")
            await turns("a", a, rounds)
            await done.wait()
            await ended.send(int(b.recv(16)))
        async def main():
            ended = Chan()
            for _ in range(20):
                go(pair, 30, ended)
            print(sorted({await ended.recv() for _ in range(20)}))
        """,
        *options,
    )
    assert (done.code, done.out, done.err) == (0, "[60]\n", "")


@ON
def test_a_program_that_waits_for_somebody_outside_is_in_no_deadlock(place: Place, options: tuple[str, ...]) -> None:
    done = place.program(
        """
        import os, threading
        from cluster import *
        async def main():
            read, write = os.pipe()
            threading.Timer(1.5, os.write, (write, b"from outside")).start()
            await readable(read)
            print(os.read(read, 100))
            await Chan().recv()
        """,
        *options,
    )
    assert (done.code, done.out) == (2, "b'from outside'\n")
    assert done.err.startswith("fatal error: all goroutines are asleep - deadlock!\n"), "now it is one"
    assert done.seconds > 1.5
