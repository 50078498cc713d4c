"""A function of Once that calls the same Once waits for itself."""

from cluster import Once


async def main():
    once = Once()

    async def again():
        await once.do(print)

    await once.do(again)
