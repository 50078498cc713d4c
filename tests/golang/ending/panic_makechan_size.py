"""A channel of negative size."""

from cluster import Chan, Panic


async def main():
    try:
        Chan(-1)
    except Panic as p:
        print(p)
        Chan(-1)
