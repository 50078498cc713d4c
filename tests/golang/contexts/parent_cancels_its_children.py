"""The cancel of a parent cancels children and grandchildren; that of a child does not touch the parent."""

from cluster import background, with_cancel, with_timeout, with_value


async def main():
    parent, cancel = with_cancel(background())
    child, cancel_child = with_cancel(parent)
    other, cancel_other = with_cancel(with_value(parent, "k", 1))
    grandchild, cancel_grandchild = with_timeout(other, 3600)
    cancel_child()
    print(parent.err(), child.err(), other.err(), grandchild.err())
    cancel()
    print(parent.err(), child.err(), other.err(), grandchild.err())
    await grandchild.done().recv()
    cancel_grandchild()
    cancel_other()
