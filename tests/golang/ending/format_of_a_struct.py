"""The value of a panic on stderr: anything else by its type and address."""

from cluster import panic


class Thing:
    pass


async def main():
    panic(Thing())
