"""Background and TODO have no error, no deadline and no Done: who waits for it waits for ever."""

from cluster import background, todo


async def main():
    for ctx in (background(), todo()):
        print(ctx.err(), ctx.deadline() is not None, len(ctx.done()))
    await background().done().recv()
