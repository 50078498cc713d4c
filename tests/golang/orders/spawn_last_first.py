"""Of goroutines started in a row the last runs first, then the others in order."""

from cluster import go, gosched


async def main():
    for i in range(5):
        go(print, i)
    await gosched()
