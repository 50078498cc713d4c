"""Calls with one key that come while the first is at work share its result."""

from cluster import Chan, Mutex, WaitGroup, go, sleep


class Group:
    def __init__(self):
        self.mu, self.calls = Mutex(), {}

    async def do(self, key, f):
        async with self.mu:
            first = key not in self.calls
            wg, value = self.calls.setdefault(key, (WaitGroup(), Chan(1)))
            if first:
                wg.add(1)
        if first:
            await value.send(await f())
            wg.done()
            async with self.mu:
                del self.calls[key]
        await wg.wait()
        result = await value.recv()
        await value.send(result)
        return result


async def main():
    g, results = Group(), Chan()
    executed = 0

    async def f():
        nonlocal executed
        executed += 1
        await sleep(0.002)
        return "value"

    async def caller():
        await results.send(await g.do("key", f))

    for _ in range(5):
        go(caller)
    for _ in range(5):
        print(await results.recv())
    print(executed)
