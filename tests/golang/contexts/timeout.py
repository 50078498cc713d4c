"""A context with a timeout is done in time, with its own error."""

import time

from cluster import DeadlineExceeded, background, with_timeout


async def main():
    start = time.monotonic()
    ctx, cancel = with_timeout(background(), 0.003)
    print(ctx.err())
    await ctx.done().recv()
    print(ctx.err(), time.monotonic() - start >= 0.003)
    cancel()
    print(ctx.err(), isinstance(ctx.err(), DeadlineExceeded))
