"""A panic of main: the text, a dump, code 2; what was printed before stays."""

from cluster import panic


async def main():
    print("before")
    panic("oops")
