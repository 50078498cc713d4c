"""A select of one case, without default, is the plain operation: so says the dump."""

from cluster import Chan, go, gosched, select


async def main():
    c = Chan()

    async def one():
        await select(c.recv())

    go(one)
    await gosched()
    await select(Chan().send(1))
