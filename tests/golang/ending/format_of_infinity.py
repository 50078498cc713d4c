"""The value of a panic on stderr: infinity."""

from cluster import panic


async def main():
    panic(float("inf"))
