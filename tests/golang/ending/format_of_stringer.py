"""The value of a panic on stderr: a value that has a text of its own."""

from cluster import panic


class Place:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __str__(self):
        return f"({self.x}|{self.y})"


async def main():
    panic(Place(1, 2))
