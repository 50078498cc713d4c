"""The value of a panic on stderr: true."""

from cluster import panic


async def main():
    panic(True)
