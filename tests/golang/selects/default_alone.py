"""A select of only a default case goes on at once."""

from cluster import default, select


async def main():
    if await select(default) == (0, None, False):
        print("default")
