"""A panic while the value of a panic is made a text: the program ends all the same."""

from cluster import panic


class Bad(Exception):
    def __str__(self):
        raise ValueError("no text")


async def main():
    panic(Bad())
