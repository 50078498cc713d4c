"""The value of a panic on stderr: a float of the program's own type."""

from cluster import panic


class ratio(float):  # noqa: N801
    pass


async def main():
    panic(ratio(0.25))
