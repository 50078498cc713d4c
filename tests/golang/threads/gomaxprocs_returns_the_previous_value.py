"""GOMAXPROCS returns what it was; below 1 it only asks."""

from cluster import gomaxprocs


async def main():
    print(await gomaxprocs())
    print(await gomaxprocs(3))
    print(await gomaxprocs(-1))
    print(await gomaxprocs(2))
    print(await gomaxprocs(1))
    print(await gomaxprocs(0))
