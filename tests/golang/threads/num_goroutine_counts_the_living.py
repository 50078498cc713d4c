"""NumGoroutine counts those that are started and have not ended, main included."""

from cluster import Chan, go, gosched, num_goroutine


async def main():
    print(await num_goroutine())
    c = Chan()

    async def receiver():
        await c.recv()

    for _ in range(3):
        go(receiver)
    print(await num_goroutine())
    await gosched()
    print(await num_goroutine())
    await c.send(0)
    await gosched()
    print(await num_goroutine())
    c.close()
    while await num_goroutine() > 1:
        await gosched()
    print(await num_goroutine())
