"""The primes below 60, as what is missing in the merged multiples of the primes found so far."""

import itertools

from cluster import Chan, go


def multiples(prime):
    c = Chan()

    async def generate():
        for i in itertools.count(prime * prime, prime):
            await c.send(i)

    go(generate)
    return c


async def main():
    heads = {}
    for n in range(2, 60):
        composite = False
        for c, head in heads.items():
            latest = head
            while latest < n:
                latest = await c.recv()
            heads[c] = latest
            composite = composite or latest == n
        if not composite:
            print(n)
            c = multiples(n)
            heads[c] = await c.recv()
