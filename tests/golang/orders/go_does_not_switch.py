"""The caller of go goes on; the new goroutine waits for its turn."""

from cluster import go, gosched


async def main():
    go(print, "child")
    print("main")
    await gosched()
    print("main again")
