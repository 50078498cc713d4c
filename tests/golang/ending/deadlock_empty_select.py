"""A select without cases blocks for ever."""

from cluster import select


async def main():
    await select()
