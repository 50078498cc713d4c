"""cluster.net in real processes: streams, their ends, deadlines and errors. Go's texts are from the real Go."""

import subprocess
import sys

import pytest

from tests.process.place import Place, first_line

pytestmark = pytest.mark.timeout(60)

ON = pytest.mark.parametrize("options", [("-p", "1", "-w", "1"), ("-p", "2", "-w", "2")], ids=["one M", "two Ms"])
BY = pytest.mark.parametrize("network", ["tcp", "unix"])
BEGINS = """
    import os, re, sys, time
    from cluster import *
    from cluster import net
    def where(network, name="s"):
        return "127.0.0.1:0" if network == "tcp" else os.path.join(os.path.dirname(__file__), name)
    async def pair(network):
        "Both ends of a connection."
        async with await net.listen(network, where(network)) as listener:
            there = await net.dial(network, listener.addr)
            return await listener.accept(), there
    async def refused(call):
        "What an operation fails with: ports and directories are not the same each time."
        try:
            await call
        except NetError as error:
            return re.sub(r"(127.0.0.1|::1.):[0-9]{4,}", r"\\1:N", str(error)).replace(os.path.dirname(__file__), "")
    def refuses(call, *args):
        try:
            call(*args)
        except NetError as error:
            return re.sub(r"127.0.0.1:[0-9]{4,}", "127.0.0.1:N", str(error)).replace(os.path.dirname(__file__), "")
"""


def printed(place: Place, main: str, *options: str, **env: str) -> list[str]:
    """The lines of a program that ends well."""
    done = place.program(BEGINS + main, *options, **env)
    assert (done.code, done.err) == (0, "")
    return done.lines


@BY
@ON
def test_an_echo_server_has_fifty_clients(place: Place, options: tuple[str, ...], network: str) -> None:
    lines = printed(
        place,
        """
    async def serves(conn):
        async with conn:
            while data := await conn.read(1000):
                await conn.write(data)
    async def accepts(listener):
        while True:
            go(serves, await listener.accept())
    async def client(network, address, n, answers):
        async with await net.dial(network, address) as conn:
            got = []
            for i in range(10):
                await conn.write(b"%d of %d\\n" % (i, n))
                got.append(await conn.read(100))
            conn.close_write()
            end = await conn.read(100)
            await answers.send((got == [b"%d of %d\\n" % (i, n) for i in range(10)], end, os.getpid()))
    async def main():
        listener = await net.listen("NETWORK", where("NETWORK"))
        go(accepts, listener)
        answers = Chan()
        for n in range(50):
            go(client, "NETWORK", listener.addr, n, answers)
        got = [await answers.recv() for _ in range(50)]
        print([end for right, end, _ in got if not right or end], len(got))
    """.replace("NETWORK", network),
        *options,
    )
    assert lines == ["[] 50"]


def test_an_echo_server_is_on_two_ms_at_one_port(place: Place) -> None:
    lines = printed(
        place,
        """
    async def serves(conn):
        async with conn:
            await conn.write(b"%d " % os.getpid() + await conn.read(1000))
    async def listens(address, where, end):
        async with await net.listen("tcp", address, reuse_port=True) as listener:
            await where.send((os.getpid(), listener.addr))
            go(accepts, listener)
            await end.recv()
    async def accepts(listener):
        try:
            while True:
                go(serves, await listener.accept())
        except NetError as error:
            assert error.closed
    async def main():
        where, end, pids, address = Chan(), Chan(), set(), "127.0.0.1:0"
        while len(pids) < 2:
            go(listens, address, where, end)
            pid, address = await where.recv()
            pids.add(pid)
        answered = {pid: 0 for pid in pids}
        while not all(answered.values()):
            async with await net.dial("tcp", address) as conn:
                await conn.write(b"hello")
                pid, what = (await conn.read(1000)).split()
                assert what == b"hello"
                answered[int(pid)] += 1
        print(len(answered))
        print(await refused(net.listen("tcp", address)))
    """, "-p", "2", "-w", "2",
    )  # fmt: skip
    assert lines == ["2", "listen tcp 127.0.0.1:N: bind: address already in use"]


@BY
def test_ten_megabytes_each_way_at_once(place: Place, network: str) -> None:
    lines = printed(
        place,
        """
    SIZE = 10_000_000
    async def sends(conn, seed):
        data = bytes(range(seed, seed + 100)) * (SIZE // 100)
        print(await conn.write(data))
        conn.close_write()
    async def reads(conn, seed, done):
        got = bytearray()
        while data := await conn.read(1 << 20):
            got += data
        print(got == bytes(range(seed, seed + 100)) * (SIZE // 100))
        done.done()
    async def main():
        a, b = await pair("NETWORK")
        done = WaitGroup()
        done.add(2)
        go(sends, a, 1), go(sends, b, 2), go(reads, a, 2, done), go(reads, b, 1, done)
        await done.wait()
    """.replace("NETWORK", network),
    )
    assert sorted(lines) == ["10000000", "10000000", "True", "True"]


def test_writes_of_many_goroutines_are_not_mixed(place: Place) -> None:
    lines = printed(
        place,
        """
    async def main():
        a, b = await pair("unix")
        for letter in b"abcd":
            go(a.write, bytes([letter]) * 1_000_000)
        got = bytearray()
        while len(got) < 4_000_000:
            got += await b.read(100_000)
        print("".join(sorted(re.sub(rb"(.)\\1+", rb"\\1", bytes(got)).decode())))
    """,
    )
    assert lines == ["abcd"]


@BY
def test_a_connection_has_gos_errors(place: Place, network: str) -> None:
    ends = {"tcp": ("127.0.0.1:N", "127.0.0.1:N"), "unix": ("@", "/s")}[network]
    there, here = "->".join(ends), "->".join(reversed(ends))
    lines = printed(
        place,
        """
    async def closes(conn):
        await sleep(0.01)
        conn.close()
    async def main():
        here, there = await pair("NETWORK")
        there.set_read_deadline(0.01)
        print(await refused(there.read(10)), await refused(there.read(10)), await there.read(0))
        there.set_write_deadline(-1)
        print(await refused(there.write(b"x")), await refused(there.write(b"")))
        there.set_deadline(None)
        print(await there.write(b"x"), await here.read(10))
        go(closes, there)
        print(await refused(there.read(10)))
        for call in (there.write(b"x"), there.read(1)):
            print(await refused(call))
        print(refuses(there.close), refuses(there.close_write), refuses(there.set_deadline, 1), sep="\\n")
        print(repr(there).replace(os.path.dirname(__file__), ""))
        print(await here.read(10), await here.read(10))
        while not (error := await refused(here.write(b"x"))):
            pass
        print(error)
        async with here:
            here.close()
    """.replace("NETWORK", network),
    )
    timeout, closed = "i/o timeout", "use of closed network connection"
    assert lines[:9] == [
        f"read {network} {there}: {timeout} read {network} {there}: {timeout} b''",
        f"write {network} {there}: {timeout} write {network} {there}: {timeout}",
        "1 b'x'",
        f"read {network} {there}: {closed}",
        f"write {network} {there}: {closed}",
        f"read {network} {there}: {closed}",
        f"close {network} {there}: {closed}",
        f"close {network} {there}: {closed}",
        f"set {network} {ends[0]}: {closed}",
    ]
    assert lines[9].startswith(f"<Conn {network} ") and lines[9].endswith(", closed>")
    assert lines[10] == "b'' b''"
    broken = [f"write {network} {here}: write: {why}" for why in ("broken pipe", "connection reset by peer")]
    assert lines[11] in broken, "as the system has it: the first write is answered by a reset"


@BY
def test_a_write_that_nobody_reads_ends_by_its_deadline_or_a_close_and_says_how_far_it_came(
    place: Place, network: str
) -> None:
    lines = printed(
        place,
        """
    async def writes(conn, done):
        try:
            await conn.write(bytes(50_000_000))
        except NetError as error:
            await done.send((error.written, error.timeout, error.closed))
    async def main():
        here, there = await pair("NETWORK")
        done = Chan()
        there.set_write_deadline(0.3)  # time enough to write something
        await writes_now(there, done, here)
        go(writes, there, done), go(writes, there, done)
        await sleep(0.05)  # both wait, one of them for the other
        there.close()
        ends = [await done.recv(), await done.recv()]
        print([end[1:] for end in ends], min(end[0] for end in ends))
    async def writes_now(there, done, here):
        go(writes, there, done)
        written, timeout, closed = await done.recv()
        print(0 < written < 50_000_000, timeout, closed)
        there.set_write_deadline(None)
        got = 0
        while got < written:
            got += len(await here.read(written - got))
        print(got == written)
    """.replace("NETWORK", network),
    )
    assert lines == ["True True False", "True", "[(False, True), (False, True)] 0"]


@BY
def test_a_listener_has_gos_errors(place: Place, network: str) -> None:
    lines = printed(
        place,
        """
    async def closes(listener):
        await sleep(0.01)
        listener.close()
    async def main():
        listener = await net.listen("NETWORK", where("NETWORK"))
        print(await refused(net.listen("NETWORK", listener.addr)))
        listener.set_deadline(0.01)
        print(await refused(listener.accept()))
        listener.set_deadline(None)
        go(closes, listener)
        print(await refused(listener.accept()))
        print(await refused(listener.accept()), refuses(listener.close), refuses(listener.set_deadline, 1), sep="\\n")
        print(os.path.exists(listener.addr))
    """.replace("NETWORK", network),
    )
    at = {"tcp": "tcp 127.0.0.1:N", "unix": "unix /s"}[network]
    closed = "use of closed network connection"
    assert lines == [
        f"listen {at}: bind: address already in use",
        f"accept {at}: i/o timeout",
        *[f"accept {at}: {closed}"] * 2,
        f"close {at}: {closed}",
        f"set {at}: {closed}",
        "False",
    ]


def test_who_calls_where_nobody_listens_is_told_so_in_gos_words(place: Place) -> None:
    lines = printed(
        place,
        """
    async def main():
        print(await refused(net.dial("tcp", "127.0.0.1:1")))
        print(await refused(net.dial("tcp", ":1")))
        print(await refused(net.dial("tcp", "localhost:1")))
        print(await refused(net.dial("unix", "/nowhere.sock")))
        print(await refused(net.dial("unix", "/" + "long" * 100)))
        print(await refused(net.dial("udp", "127.0.0.1:1")))
        print(await refused(net.dial("tcp", "127.0.0.1")))
        print(await refused(net.dial("tcp", "127.0.0.1:1", timeout=-1)))
        print(await refused(net.listen("tcp", "1.2.3.4:80")))
        print(await refused(net.listen("unix", "/nowhere/s.sock")))
        print(await refused(net.listen("foo", "x")))
        try:
            await net.dial("tcp", "127.0.0.1:1")
        except OSError as error:
            print(error.errno, error.timeout, error.closed, isinstance(error, ClusterError))
    """,
    )
    refused = "connect: connection refused"
    assert lines[2] in (f"dial tcp 127.0.0.1:1: {refused}", f"dial tcp [::1]:1: {refused}")
    assert lines[:2] + lines[3:] == [
        f"dial tcp 127.0.0.1:1: {refused}",
        f"dial tcp 127.0.0.1:1: {refused}",
        "dial unix /nowhere.sock: connect: no such file or directory",
        f"dial unix /{'long' * 100}: connect: invalid argument",
        "dial udp: unknown network udp",
        "dial tcp: address 127.0.0.1: missing port in address",
        "dial tcp 127.0.0.1:1: i/o timeout",
        "listen tcp 1.2.3.4:80: bind: cannot assign requested address",
        "listen unix /nowhere/s.sock: bind: no such file or directory",
        "listen foo: unknown network foo",
        "111 False False True",
    ]


@ON
def test_who_waits_in_accept_is_in_no_deadlock_and_a_second_program_calls(
    place: Place, options: tuple[str, ...]
) -> None:
    path = place.write(
        "server.py",
        BEGINS
        + """
    async def main():
        listener = await net.listen("unix", where("unix"))
        print("listens", flush=True)
        async with await listener.accept() as conn:
            print(await conn.read(100))
        await Chan().recv()
    """,
    )
    server = place.start("-m", "cluster", "run", *options, path)
    first_line(server, "listens")
    lines = printed(
        place,
        """
    async def main():
        await sleep(1.5)  # a deadlock would have been found by now
        async with await net.dial("unix", where("unix")) as conn:
            print(await conn.write(b"hello"), await conn.read(1))
    """,
    )
    out, err = server.communicate(timeout=30)
    assert lines == ["5 b''"] and out == "b'hello'\n"
    assert (server.returncode, err.partition("\n")[0]) == (2, "fatal error: all goroutines are asleep - deadlock!")


def test_the_sockets_of_a_program_that_is_over_are_closed_and_the_cluster_goes_on(place: Place) -> None:
    place.cluster(procs=2, workers=2)
    left = place.program(
        BEGINS
        + """
    async def holds(conn):
        await conn.read(1)
    async def main():
        listener = await net.listen("tcp", "127.0.0.1:0")
        calls = [await net.dial("tcp", listener.addr) for _ in range(3)]
        for conn in calls:
            go(holds, conn)
        await gosched()
        print(listener.addr)
    """
    )
    assert (left.code, left.err) == (0, "")
    (address,) = left.lines
    lines = printed(
        place,
        """
    async def main():
        while not (error := await refused(net.dial("tcp", "ADDRESS"))):
            await sleep(0.01)
        listener = await net.listen("tcp", "ADDRESS")
        async with listener, await net.dial("tcp", "ADDRESS") as conn:
            print(error, conn.remote_addr == "ADDRESS")
    """.replace("ADDRESS", address),
    )
    assert lines == ["dial tcp 127.0.0.1:N: connect: connection refused True"]


def test_a_connection_stays_on_its_m(place: Place) -> None:
    lines = printed(
        place,
        """
    import pickle
    async def main():
        for conn in await pair("unix"), (await net.listen("tcp", "127.0.0.1:0"),):
            try:
                pickle.dumps(conn[0])
            except CannotShipError as error:
                print(str(error).replace(os.path.dirname(__file__), ""))
    """,
    )
    assert lines[0].startswith("<Conn unix /s->@> stays on the M that has opened it: its socket belongs to")
    assert lines[1].startswith("<Listener tcp 127.0.0.1:") and lines[1].endswith("that process. Accept there")


def test_names_are_looked_up_and_every_address_of_this_machine_is_one_listener(place: Place) -> None:
    lines = printed(
        place,
        """
    async def main():
        async with await net.listen("tcp", "localhost:0") as listener:
            port = listener.addr.rpartition(":")[2]
            async with await net.dial("tcp", "localhost:" + port) as conn:
                print(conn.remote_addr == listener.addr)
        print(await refused(net.dial("tcp", "no-such-host.invalid:80")))
    """,
    )
    assert lines[0] == "True"
    assert lines[1].startswith("dial tcp: lookup no-such-host.invalid: ")


def test_a_look_up_counts_for_the_timeout(place: Place) -> None:
    lines = printed(
        place,
        """
    import socket
    look_up = socket.getaddrinfo
    def slow(host, *args, **kwargs):
        if host == "slow":
            time.sleep(3)
        return look_up(host, *args, **kwargs)
    socket.getaddrinfo = slow
    async def main():
        print(await refused(net.dial("tcp", "slow:80", timeout=0.05)))
        async with await net.listen("tcp", "localhost:0") as listener:
            port = listener.addr.rpartition(":")[2]
            async with await net.dial("tcp", "localhost:" + port, timeout=30) as conn:
                print(conn.remote_addr == listener.addr)
        print((await refused(net.dial("tcp", "no-such-host.invalid:80", timeout=30)))[:39])
    """,
    )
    assert lines == [
        "dial tcp: lookup slow: i/o timeout",
        "True",
        "dial tcp: lookup no-such-host.invalid: ",
    ]


@ON
def test_asyncio_outside_calls_goroutines(place: Place, options: tuple[str, ...]) -> None:
    """What others write with other libraries is a peer like any other."""
    path = place.write(
        "server.py",
        BEGINS
        + """
    async def serves(conn, served):
        async with conn:
            while data := await conn.read(100):
                await conn.write(data.upper())
        served.done()
    async def main():
        listener, served = await net.listen("tcp", "127.0.0.1:0"), WaitGroup()
        print(listener.addr, flush=True)
        for _ in range(20):
            served.add(1)
            go(serves, await listener.accept(), served)
        await served.wait()
    """,
    )
    server = place.start("-m", "cluster", "run", *options, path)
    host, port = first_line(server).split(":")
    client = """
import asyncio, sys
async def call(n):
    reader, writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    writer.write(b"call %d" % n)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer == b"CALL %d" % n
async def main():
    print(sum(await asyncio.gather(*map(call, range(20)))))
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", client, host, port], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("20\n", "")
    _, err = server.communicate(timeout=30)
    assert (server.returncode, err) == (0, "")
