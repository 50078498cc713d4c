"""What goroutines wait for, in a dump of all: channels, select, locks, conditions, groups."""

from functools import partial

from cluster import Chan, Cond, Mutex, RWMutex, WaitGroup, go, gosched, nil, select


async def main():
    c, full, mu = Chan(), Chan(1), Mutex()
    wg, rw = WaitGroup(), RWMutex()
    cond_mu = Mutex()
    cond = Cond(cond_mu)
    await full.send(0)
    wg.add(1)
    await mu.lock()
    await rw.rlock()

    async def both():
        await select(c.recv(), full.send(2))

    async def walk():
        async for _ in c:
            pass

    async def condition():
        await cond_mu.lock()
        await cond.wait()

    for f in (
        c.recv,
        partial(full.send, 1),
        nil.recv,
        partial(nil.send, 1),
        select,
        both,
        walk,
        mu.lock,
        wg.wait,
        rw.lock,
        rw.rlock,
        condition,
    ):
        go(f)
        await gosched()
    await wg.wait()
