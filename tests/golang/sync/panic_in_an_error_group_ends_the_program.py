"""A panic of a member is no error that Wait could return: it ends the program."""

from cluster import ErrGroup, Panic, panic


async def main():
    async def panics():
        panic("boom")

    async def fails():
        raise ValueError("an error")

    g = ErrGroup()
    g.go(panics)
    g.go(fails)
    print("waits")
    try:
        await g.wait()
    except (ValueError, Panic) as error:
        print(error)
