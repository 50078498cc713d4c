"""The value of a panic on stderr: nil."""

from cluster import panic


async def main():
    panic(None)
