"""To send to the nil channel blocks for ever."""

from cluster import nil


async def main():
    await nil.send(1)
