"""A goroutine that cancels the child when the parent is done: no deadlock."""

from cluster import background, go, gosched, with_cancel


async def main():
    parent, cancel = with_cancel(background())
    child, cancel_child = with_cancel(parent)

    async def watch():
        await parent.done().recv()
        cancel_child()

    go(watch)
    cancel()
    await child.done().recv()
    await gosched()
    print(child.err())
