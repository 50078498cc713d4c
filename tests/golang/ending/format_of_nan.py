"""The value of a panic on stderr: what is not a number."""

from cluster import panic


async def main():
    panic(float("nan"))
