"""Every frame of a deep stack runs its deferred call, the innermost first."""

from cluster import call


async def deep(n, order):
    try:
        if n > 0:
            await call(deep, n - 1, order)
    finally:
        order.append(n)


async def main():
    order = []
    await call(deep, 3000, order)
    print(len(order), order[0], order[1], order[3000])
