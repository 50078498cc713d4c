"""The value of a panic on stderr: an error, by its text."""

from cluster import panic


async def main():
    panic(Exception("it broke"))
