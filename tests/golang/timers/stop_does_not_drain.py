"""A timer that fired before it is stopped leaves its value in the channel, which has one place."""

from cluster import Timer, sleep


async def main():
    t = Timer(0.001)
    await sleep(0.004)
    print(len(t.c), t.c.cap)
    print(t.stop())
    await t.c.recv()
    print(len(t.c))
