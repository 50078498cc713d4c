"""A chain of ten thousand goroutines passes one value on, each adding one."""

from cluster import Chan, go


async def pass_on(left, right):
    await left.send(1 + await right.recv())


async def main():
    leftmost = left = Chan()
    for _ in range(10_000):
        right = Chan()
        go(pass_on, left, right)
        left = right
    await left.send(0)
    print(await leftmost.recv())
