"""A deferred call of a panic makes main runnable: the panic wins, main does not get to return."""

from cluster import Chan, go, panic


async def main():
    c = Chan(1)

    async def one():
        try:
            panic("wins")
        finally:
            await c.send(True)

    go(one)
    await c.recv()
