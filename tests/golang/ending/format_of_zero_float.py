"""The value of a panic on stderr: the float zero."""

from cluster import panic


async def main():
    panic(0.0)
