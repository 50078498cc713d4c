"""A context whose deadline has passed is over after the next switch."""

import time

from cluster import background, gosched, with_timeout


async def main():
    ctx, _cancel = with_timeout(background(), 0.001)
    begin = time.monotonic()
    while time.monotonic() - begin < 0.005:
        pass
    await gosched()
    await gosched()
    print(ctx.err())
