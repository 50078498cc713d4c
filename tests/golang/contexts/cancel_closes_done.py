"""Cancel closes the Done channel and sets the error, before it returns."""

from cluster import background, default, select, with_cancel


async def main():
    ctx, cancel = with_cancel(background())
    print(ctx.err())
    index, _, _ = await select(ctx.done().recv(), default)
    print("not done" if index else "done")
    cancel()
    print(ctx.err())
    _, ok = await ctx.done().recv_ok()
    print(ok)
    cancel()
    print(ctx.err())
