"""A case is switched off by setting its channel to nil: two inputs are merged until both are closed."""

from cluster import Chan, nil, select


async def main():
    inputs = [Chan(3, zero=0), Chan(3, zero=0)]
    for i in range(3):
        await inputs[0].send(i)
        await inputs[1].send(10 * i)
    for c in inputs:
        c.close()
    total = 0
    while inputs != [nil, nil]:
        index, v, ok = await select(*(c.recv() for c in inputs))
        total += v
        if not ok:
            inputs[index] = nil
    print(total)
