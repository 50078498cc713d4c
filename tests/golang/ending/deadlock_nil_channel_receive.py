"""To receive from the nil channel blocks for ever."""

from cluster import nil


async def main():
    await nil.recv()
