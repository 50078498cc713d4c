"""A function that panics counts as done."""

from cluster import Once, Panic, panic


async def main():
    once = Once()
    try:
        await once.do(panic, "failed")
    except Panic as p:
        print("recovered", p)
    await once.do(print, "never")
    print("main")
