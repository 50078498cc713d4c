"""Stop says whether the timer was still pending; who stopped it gets nothing from its channel."""

from cluster import Timer, default, select, sleep


async def main():
    t = Timer(0.002)
    print(t.stop())
    print(t.stop())
    await sleep(0.004)
    if (await select(t.c.recv(), default)).index == 0:
        print("fired")
    else:
        print("nothing")
    u = Timer(0.001)
    await u.c.recv()
    print(u.stop())
