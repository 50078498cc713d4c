"""A select with a timer: what comes in time is taken, else the timer."""

from cluster import Chan, after, select


async def main():
    c = Chan(1)
    for _ in range(2):
        index, v, _ = await select(c.recv(), after(0.002).recv())
        print("timeout" if index else v)
        await c.send("in time")
