"""A signal goes to who waited when it was given, not to who comes later."""

from cluster import Chan, Cond, Mutex, go, gosched


async def main():
    mu, woken = Mutex(), Chan(2)
    cond = Cond(mu)

    async def waiter(name):
        async with mu:
            await cond.wait()
            await woken.send(name)

    go(waiter, "first")
    await gosched()
    await mu.lock()
    cond.signal()
    go(waiter, "second")
    mu.unlock()
    await gosched()
    await gosched()
    print(len(woken), await woken.recv())
