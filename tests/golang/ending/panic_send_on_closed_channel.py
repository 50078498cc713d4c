"""A send to a closed channel that nobody recovers: the text has no prefix."""

from cluster import Chan


async def main():
    c = Chan(1)
    c.close()
    await c.send(1)
