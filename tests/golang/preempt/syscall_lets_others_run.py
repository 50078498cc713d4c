"""While a goroutine is in a blocking call its P works for others."""

import time

from cluster import go, syscall


async def main():
    go(print, "other")
    await syscall(time.sleep, 0.03)
    print("main is back")
