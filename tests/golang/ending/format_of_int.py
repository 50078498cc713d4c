"""The value of a panic on stderr: an int, in decimal."""

from cluster import panic


async def main():
    panic(-93)
