"""The default case is taken when no other is ready, and only then."""

from cluster import Chan, default, select


async def main():
    c = Chan(1, zero=0)
    for i in range(3):
        if (await select(c.send(i), default)).index == 0:
            print("sent", i)
        else:
            print("full")
    for i in range(3):
        index, v, ok = await select(c.recv(), default)
        if index == 0:
            print("got", v, ok)
        else:
            print("empty")
        if i == 1:
            c.close()
