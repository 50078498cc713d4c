"""Cancel wakes all that wait for Done, in the order of a close."""

from cluster import background, go, gosched, with_cancel


async def main():
    ctx, cancel = with_cancel(background())

    async def waiter(i):
        await ctx.done().recv()
        print(i, ctx.err())

    for i in range(4):
        go(waiter, i)
        await gosched()
    cancel()
    print("main")
    await gosched()
