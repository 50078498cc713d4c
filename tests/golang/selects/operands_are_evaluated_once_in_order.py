"""The channels and values of all cases are evaluated once, in order, also when another case is taken."""

from cluster import Chan, default, nil, select


def on(name, c):
    print("channel", name)
    return c


def value(v):
    print("value", v)
    return v


async def main():
    ready = Chan(1)
    await select(on("a", nil).recv(), on("b", nil).send(value(1)), on("ready", ready).send(value(2)))
    if (await select(on("c", nil).send(value(3)), on("d", Chan()).recv(), default)).index == 2:
        print("default")
    print(await ready.recv())
