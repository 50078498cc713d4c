"""The value of a panic on stderr: a big int, in decimal."""

from cluster import panic


async def main():
    panic(1 << 62)
