"""The value of a panic on stderr: the empty string."""

from cluster import panic


async def main():
    panic("")
