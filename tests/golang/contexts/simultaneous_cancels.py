"""A tree of contexts is cancelled from many goroutines at once: all are done, nobody waits for ever."""

from cluster import background, go, with_cancel


async def main():
    root, cancel_root = with_cancel(background())
    contexts, cancels = [root], [cancel_root]
    for i in range(60):
        ctx, cancel = with_cancel(contexts[i // 2])
        contexts.append(ctx)
        cancels.append(cancel)
    for cancel in reversed(cancels):
        go(cancel)
    for ctx in contexts:
        await ctx.done().recv()
    print(len(contexts), contexts[60].err())
