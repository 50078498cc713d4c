"""The value of a panic on stderr: a number of the program's own type."""

from cluster import panic


class code(int):  # noqa: N801
    pass


async def main():
    panic(code(42))
