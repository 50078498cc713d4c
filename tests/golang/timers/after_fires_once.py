"""The channel of After gets one value, in time, and is not closed."""

import time

from cluster import after, select


async def main():
    start = time.monotonic()
    c = after(0.003)
    _, ok = await c.recv_ok()
    print(ok, time.monotonic() - start >= 0.003, len(c), c.cap)
    index, _, _ = await select(c.recv(), after(0.01).recv())
    print("once" if index else "again")
