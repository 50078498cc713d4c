"""The method that adds one, starts a goroutine, and counts it down when it ends."""

from cluster import WaitGroup


async def main():
    wg = WaitGroup()
    for i in range(4):
        wg.go(print, i)
    print("main")
    await wg.wait()
    print("all done")
