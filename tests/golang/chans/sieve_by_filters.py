"""The primes below 100, by a chain of filters that grows."""

from cluster import Chan, go


async def sift(source, to, prime):
    async for i in source:
        if i % prime:
            await to.send(i)
    to.close()


async def count(c):
    for i in range(2, 100):
        await c.send(i)
    c.close()


async def main():
    numbers = Chan()
    go(count, numbers)
    while True:
        prime, ok = await numbers.recv_ok()
        if not ok:
            return
        print(prime)
        rest = Chan()
        go(sift, numbers, rest, prime)
        numbers = rest
