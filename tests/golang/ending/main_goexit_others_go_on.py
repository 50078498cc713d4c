"""After main left by Goexit the others go on, sleep, and end."""

from cluster import go, goexit, sleep


async def main():
    async def one(i):
        await sleep(i * 0.06)
        print(i)

    for i in range(1, 4):
        go(one, i)
    try:
        goexit()
    finally:
        print("main leaves")
