"""The value of a panic on stderr: a complex number."""

from cluster import panic


async def main():
    panic(1 - 2j)
