"""After main left by Goexit another goroutine may end the program."""

from cluster import exit, go, goexit


async def main():
    async def other():
        print("exits")
        exit(0)

    go(other)
    goexit()
