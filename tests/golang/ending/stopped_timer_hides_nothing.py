"""A stopped timer, however long, hides no deadlock."""

from cluster import Timer


async def main():
    t = Timer(3600)
    print(t.stop())
    await t.c.recv()
