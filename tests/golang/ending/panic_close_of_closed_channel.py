"""A second close that nobody recovers."""

from cluster import Chan


async def main():
    c = Chan()
    c.close()
    c.close()
