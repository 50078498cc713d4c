"""Numbers, strings, functions, nil and empty values go through a channel as they are."""

from cluster import Chan


async def main():
    c = Chan(10)
    for v in (0, "", 1.5, "text", None, True, () == ()):
        await c.send(v)
    c.close()
    async for v in c:
        print(v)
    calls = Chan(1)
    await calls.send(lambda: 42)
    print((await calls.recv())())
