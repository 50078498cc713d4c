"""A child is in runnext: it runs as soon as its parent ends, before those that waited longer."""

from cluster import go, gosched


async def parent(name):
    print(name)
    go(print, name + "'s child")
    print(name + " ends")


async def main():
    go(parent, "x")
    go(parent, "y")
    go(parent, "z")
    await gosched()
