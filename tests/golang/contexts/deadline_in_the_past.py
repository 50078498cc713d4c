"""A context whose deadline has passed is done when it is made."""

import time

from cluster import background, with_deadline, with_timeout


async def main():
    ctx, cancel = with_deadline(background(), time.time() - 1)
    print(ctx.err())
    cancel()
    ctx, cancel = with_timeout(background(), 0)
    await ctx.done().recv()
    print(ctx.err())
    cancel()
    print(ctx.err())
