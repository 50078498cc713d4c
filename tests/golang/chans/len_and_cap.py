"""Len is what is buffered, cap the size; both are 0 for an unbuffered channel with waiting senders, and for nil."""

from cluster import Chan, go, gosched, nil


async def main():
    c = Chan(3)
    print(len(c), c.cap)
    await c.send(1)
    await c.send(2)
    print(len(c), c.cap)
    c.close()
    await c.recv()
    print(len(c), c.cap)
    u = Chan()
    go(u.send, 1)
    await gosched()
    print(len(u), u.cap)
    print(len(nil), nil.cap)
