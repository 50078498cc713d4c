"""The value of a panic on stderr: an error of the program's own type, which is a number."""

from cluster import panic


class Status(int):
    def __str__(self):
        return f"status {int(self)}"


async def main():
    panic(Status(404))
