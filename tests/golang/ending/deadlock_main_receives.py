"""Main waits to receive and nobody is left to send: a deadlock."""

from cluster import Chan


async def main():
    print("before")
    await Chan().recv()
