"""An echo server and its clients: a goroutine for each connection, none of which blocks its M.

    cluster run cluster/examples/echo.py [CLIENTS]

A connection stays on the M that has opened it, and so does the goroutine that serves it. So there are several
listeners at one port, and the kernel shares the calls out among them. Goroutines that have not begun when they
are made may be run by any M: listeners are spread over the Ms so, and clients, who call from there.
"""

import sys

from cluster import Chan, go, gomaxprocs, net

CLIENTS = 50
LINES = 20


async def serve(conn: net.Conn) -> None:
    """Give back what comes, until the other side has said all."""
    async with conn:
        while data := await conn.read(4096):
            await conn.write(data)


async def listen(address: str, ready: Chan[str]) -> None:
    """Take calls at `address`, and tell where that is; serve each on its own."""
    listener = await net.listen("tcp", address, reuse_port=True)
    await ready.send(listener.addr)
    while True:
        go(serve, await listener.accept())


async def client(address: str, who: int, done: Chan[int]) -> None:
    """Say some lines, hear them, and tell how many came back as they were said."""
    heard = 0
    async with await net.dial("tcp", address, timeout=10) as conn:
        for i in range(LINES):
            line = b"line %d of client %d\n" % (i, who)
            await conn.write(line)
            answer = b""
            while len(answer) < len(line):
                answer += await conn.read(4096)
            heard += answer == line
    await done.send(heard)


async def main() -> None:
    clients = int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS
    ready = Chan[str]()
    go(listen, "127.0.0.1:0", ready)
    address = await ready.recv()
    for _ in range(await gomaxprocs(0) - 1):
        go(listen, address, ready)
    for _ in range(await gomaxprocs(0) - 1):
        await ready.recv()
    done = Chan[int]()
    for who in range(clients):
        go(client, address, who, done)
    heard = sum([await done.recv() for _ in range(clients)])
    print(f"{clients} clients heard {heard} lines.")
