"""To receive from a closed channel is always ready, with the zero value and false."""

from cluster import Chan, select


async def main():
    a, b = Chan(), Chan(zero=0)
    b.close()
    for _ in range(3):
        index, v, ok = await select(a.recv(), b.recv())
        print("ab"[index], v, ok)
