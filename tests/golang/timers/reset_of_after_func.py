"""Reset makes the function of an AfterFunc run again."""

from cluster import Chan, after_func


async def main():
    ran = Chan(10)
    n = 0

    async def again():
        nonlocal n
        n += 1
        if n < 4:
            t.reset(0.001)
        await ran.send(n)

    t = after_func(0.001, again)
    for _ in range(4):
        print(await ran.recv())
    print(t.reset(3600), t.stop())
