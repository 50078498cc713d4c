"""Gosched returns at once when nobody else is runnable."""

from cluster import gosched


async def main():
    for _ in range(100):
        await gosched()
    print("done")
