"""Stop of an AfterFunc says whether the function was kept from running."""

from cluster import Chan, after_func


async def main():
    ran = Chan(2)
    a = after_func(0.002, ran.send, "a")
    b = after_func(0.002, ran.send, "b")
    print(a.stop(), a.stop())
    print(await ran.recv(), b.stop())
