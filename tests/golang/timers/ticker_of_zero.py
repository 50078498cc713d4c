"""A ticker needs a positive period."""

from cluster import Panic, Ticker


async def main():
    try:
        Ticker(0)
    except Panic as p:
        print(p)
        Ticker(-1)
