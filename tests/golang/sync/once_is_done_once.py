"""Of several calls of Once only the first calls its function."""

from cluster import Once


async def main():
    once = Once()
    for i in range(3):
        await once.do(print, "done by", i)
    print("main")
