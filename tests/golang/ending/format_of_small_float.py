"""The value of a panic on stderr: a small float."""

from cluster import panic


async def main():
    panic(0.0000123456789)
