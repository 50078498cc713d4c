"""An echo server and its clients: a goroutine for each connection, none of which blocks its M.

    cluster run cluster/examples/echo.py [CLIENTS]

A connection stays on the M that has opened it, and so does the goroutine that serves it. The clients'
goroutines have not begun when they are made: any M may run them, and call from there.
"""

import sys

from cluster import Chan, go, net

CLIENTS = 50
LINES = 20


async def serve(conn: net.Conn) -> None:
    """Give back what comes, until the other side has said all."""
    async with conn:
        while data := await conn.read(4096):
            await conn.write(data)


async def accept(listener: net.Listener) -> None:
    """Serve each call on its own."""
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
    listener = await net.listen("tcp", "127.0.0.1:0")
    go(accept, listener)
    done = Chan[int]()
    for who in range(clients):
        go(client, listener.addr, who, done)
    heard = sum([await done.recv() for _ in range(clients)])
    print(f"{clients} clients heard {heard} lines.")
