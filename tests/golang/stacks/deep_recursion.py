"""Recursion goes as deep as the stack may grow: a hundred thousand calls."""

from cluster import call


async def depth(n):
    if n == 0:
        return 0
    return 1 + await call(depth, n - 1)


async def main():
    print(await call(depth, 100_000))
