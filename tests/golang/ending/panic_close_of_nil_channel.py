"""A close of the nil channel that nobody recovers."""

from cluster import nil


async def main():
    nil.close()
