"""Arguments of go are evaluated by the caller, when the statement is executed."""

from cluster import go, gosched


async def main():
    n = 0

    def following():
        nonlocal n
        n += 1
        print("evaluated", n)
        return n

    go(print, "ran with", following())
    n = 10
    go(print, "ran with", following())
    print("main")
    await gosched()
