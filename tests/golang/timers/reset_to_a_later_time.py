"""A timer that is set to a later time fires then, and not when it was set to at first."""

from cluster import Timer, after, select


async def main():
    t = Timer(0.002)
    t.reset(0.2)
    index, _, _ = await select(t.c.recv(), after(0.02).recv())
    print("not yet" if index else "too early")
    await t.c.recv()
    print("fired")
