"""A child whose deadline is later than its parent's has the parent's."""

from cluster import background, with_cancel, with_timeout


async def main():
    none, cancel_none = with_cancel(background())
    print(none.deadline() is not None)
    parent, cancel = with_timeout(background(), 0.1)
    child, cancel_child = with_timeout(parent, 3600)
    early, cancel_early = with_timeout(parent, 0.001)
    print(parent.deadline() == child.deadline(), early.deadline() < parent.deadline())
    await early.done().recv()
    print(early.err(), parent.err())
    await child.done().recv()
    print(child.err())
    for end in (cancel_early, cancel_child, cancel, cancel_none):
        end()
