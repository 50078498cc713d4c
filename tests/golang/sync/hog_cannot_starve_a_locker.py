"""One that holds the Mutex nearly always cannot keep another from locking it ten times."""

from cluster import Chan, Mutex, after, default, go, select, sleep


async def main():
    mu, stop, done = Mutex(), Chan(), Chan(1)

    async def hog():
        while True:
            async with mu:
                await sleep(0.0001)
            if (await select(stop.recv(), default)).index == 0:
                return

    async def locker():
        for _ in range(10):
            await sleep(0.0001)
            await mu.lock()
            mu.unlock()
        await done.send(True)

    go(hog)
    go(locker)
    index, _, _ = await select(done.recv(), after(5).recv())
    print("starved" if index else "fair")
    stop.close()
