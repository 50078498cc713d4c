"""A bound method and a closure are started as any function is."""

from cluster import go, gosched


class Counter:
    def __init__(self):
        self.n = 0

    def add(self, n):
        self.n += n


async def main():
    c = Counter()

    async def times_ten():
        c.n *= 10

    go(c.add, 1)
    go(c.add, 2)
    go(times_ten)
    await gosched()
    print(c.n)
