"""A cancel of the outermost of a hundred layers reaches the innermost."""

from cluster import Chan, background, go, gosched, with_cancel, with_timeout


async def main():
    outermost, cancel = with_cancel(background())
    ctx, stops, ended = outermost, [], Chan()
    for _ in range(100):
        ctx, stop = with_timeout(ctx, 3600)
        stops.append(stop)

    async def waiter():
        await ctx.done().recv()
        await ended.send(str(ctx.err()))

    go(waiter)
    await gosched()
    cancel()
    print(await ended.recv())
    for stop in stops:
        stop()
