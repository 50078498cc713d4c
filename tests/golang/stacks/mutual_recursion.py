"""Two functions that call each other."""

from cluster import call


async def even(n):
    return n == 0 or await call(odd, n - 1)


async def odd(n):
    return n != 0 and await call(even, n - 1)


async def main():
    print(await call(even, 20_000), await call(odd, 20_000))
