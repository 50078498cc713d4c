"""A child of a cancelled parent is born cancelled, with the parent's error."""

from cluster import background, with_cancel, with_timeout


async def main():
    parent, cancel = with_cancel(background())
    cancel()
    child, cancel_child = with_timeout(parent, 3600)
    print(child.err())
    await child.done().recv()
    over, cancel_over = with_timeout(background(), 0)
    late, cancel_late = with_cancel(over)
    print(late.err())
    for end in (cancel_late, cancel_over, cancel_child):
        end()
