"""A panic passes through a deep stack, and can be recovered at its bottom."""

from cluster import Panic, call, panic


async def deep(n):
    if n == 0:
        panic("deep")
    await call(deep, n - 1)


async def main():
    try:
        await call(deep, 10_000)
    except Panic as p:
        print("recovered", p)
