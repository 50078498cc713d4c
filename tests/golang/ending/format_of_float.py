"""The value of a panic on stderr: a float, with six digits and an exponent of three."""

from cluster import panic


async def main():
    panic(-1.5)
