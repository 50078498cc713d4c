"""Factorials in unary numbers, by recursion only."""

from cluster import call


async def add(x, y):
    if y is None:
        return x
    return (await call(add, x, y[0]),)


async def multiply(x, y):
    if y is None:
        return None
    return await call(add, await call(multiply, x, y[0]), x)


async def factorial(n):
    if n is None:
        return (None,)
    return await call(multiply, n, await call(factorial, n[0]))


async def count(x):
    if x is None:
        return 0
    return await call(count, x[0]) + 1


async def main():
    n = None
    for i in range(7):
        print(i, await call(count, await call(factorial, n)))
        n = (n,)
