"""The second child of each node takes runnext from the first, which goes to the tail of the ring."""

from cluster import go, gosched


async def node(name, depth):
    print(name)
    if depth > 0:
        go(node, name + "0", depth - 1)
        go(node, name + "1", depth - 1)


async def main():
    go(node, "r", 3)
    await gosched()
