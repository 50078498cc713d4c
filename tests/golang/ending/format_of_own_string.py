"""The value of a panic on stderr: a string of the program's own type, quoted but not escaped."""

from cluster import panic


class reason(str):  # noqa: N801, SLOT000
    pass


async def main():
    panic(reason('a "quoted" word'))
