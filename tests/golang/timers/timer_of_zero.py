"""A timer of zero fires at once: as soon as somebody waits, not before its caller goes on."""

from cluster import Timer, after


async def main():
    t = Timer(0)
    await t.c.recv()
    print("fired")
    await after(-1).recv()
    print("fired")
