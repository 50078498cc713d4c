"""The first terms of a product and a sum of power series, each a channel of coefficients."""

import itertools

from cluster import Chan, go


def series(coefficient):
    c = Chan()

    async def generate():
        for i in itertools.count():
            await c.send(await coefficient(i))

    go(generate)
    return c


def split(s):
    a, b = Chan(50), Chan(50)

    async def copy():
        async for v in s:
            await a.send(v)
            await b.send(v)

    go(copy)
    return a, b


def add(s, t):
    async def coefficient(_):
        return await s.recv() + await t.recv()

    return series(coefficient)


def multiply(s, t):
    f, g = [], []

    async def coefficient(n):
        f.append(await s.recv())
        g.append(await t.recv())
        return sum(f[i] * g[n - i] for i in range(n + 1))

    return series(coefficient)


async def main():
    async def one(_):
        return 1

    async def alternating(i):
        return 1 - i % 2 * 2

    ones, more = split(series(one))
    squares, again = split(multiply(ones, more))
    cubes = multiply(again, series(alternating))
    total = add(squares, cubes)
    for _ in range(10):
        print(await total.recv())
