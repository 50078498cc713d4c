"""The value of a panic on stderr: a complex number of the program's own type."""

from cluster import panic


class point(complex):  # noqa: N801
    pass


async def main():
    panic(point(3 + 4j))
