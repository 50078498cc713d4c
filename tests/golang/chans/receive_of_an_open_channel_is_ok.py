"""A value that was sent is received with true, also when it is the zero value."""

from cluster import Chan, go


async def main():
    c = Chan(1, zero=0)
    await c.send(0)
    print(*await c.recv_ok())
    go(c.send, 0)
    print(*await c.recv_ok())
    c.close()
    print(*await c.recv_ok())
