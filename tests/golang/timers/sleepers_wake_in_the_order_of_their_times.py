"""Who sleeps less wakes first, whoever began first."""

from cluster import Chan, go, sleep


async def main():
    done = Chan()

    async def sleeper(ms):
        await sleep(ms / 1000)
        print(ms)
        await done.send(True)

    for ms in (60, 20, 80, 40):
        go(sleeper, ms)
    for _ in range(4):
        await done.recv()
