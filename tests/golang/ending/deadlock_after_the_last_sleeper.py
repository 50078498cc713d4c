"""The deadlock is found when the last sleeper has ended."""

from cluster import Chan, go, sleep


async def main():
    async def sleeper():
        await sleep(0.005)
        print("ends")

    go(sleeper)
    await Chan().recv()
