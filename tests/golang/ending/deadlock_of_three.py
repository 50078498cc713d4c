"""A deadlock of several goroutines shows all of them, main first, and what each waits for."""

from cluster import Chan, Mutex, go, gosched


async def main():
    a, b = Chan(), Chan()

    async def receiver():
        await a.recv()

    async def sender():
        await b.send(1)

    go(receiver)
    await gosched()
    go(sender)
    await gosched()
    mu = Mutex()
    await mu.lock()
    await mu.lock()
