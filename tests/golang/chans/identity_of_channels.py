"""A channel that went through a channel is the same channel; two channels differ, even if both are empty."""

from cluster import Chan


async def main():
    a, b = Chan(1), Chan(1)
    through = Chan(1)
    await through.send(a)
    same = await through.recv()
    print(same == a, same == b, a != b)
    await same.send(7)
    print(len(a), await a.recv())
