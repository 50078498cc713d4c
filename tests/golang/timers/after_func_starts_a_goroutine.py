"""The function of AfterFunc runs as a goroutine: it may block, while others run."""

from cluster import Chan, after_func, sleep


async def main():
    c, done = Chan(), Chan()

    async def function():
        print(await c.recv())
        await done.send(True)

    after_func(0.001, function)
    await sleep(0.003)
    await c.send("from main")
    await done.recv()
