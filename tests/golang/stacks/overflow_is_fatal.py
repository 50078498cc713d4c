"""Endless recursion meets the limit: the program says which, and ends; nothing can recover it."""

from cluster import call, set_max_stack


async def deep(n):
    return await call(deep, n + 1) + 1


async def main():
    set_max_stack(1 << 20)
    try:
        await call(deep, 0)
    except BaseException as error:
        print(error)
        raise
    finally:
        print("never")
