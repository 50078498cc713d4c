"""One item is buffered, then the channel is closed: whoever only tries never finds nothing."""

from cluster import Chan, default, go, gosched, select


async def main():
    nothing = 0
    for i in range(200):
        c = Chan(1)
        await c.send(1)
        go(c.recv)
        c.close()
        if i % 2 == 0:
            await gosched()
        nothing += (await select(c.recv(), default)).index
    print(nothing)
