"""The value of a panic on stderr: a string, bare."""

from cluster import panic


async def main():
    panic('a "quoted" word')
