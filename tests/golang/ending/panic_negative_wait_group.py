"""A WaitGroup below zero that nobody recovers."""

from cluster import WaitGroup


async def main():
    wg = WaitGroup()
    wg.done()
