"""Stack without all is the caller's: it is running, and it is number 1 in main."""

from cluster import go, gosched, select, stack


async def main():
    go(select)
    await gosched()
    for line in (await stack()).splitlines():
        if line.startswith(("goroutine ", "created by ")):
            print(line)
