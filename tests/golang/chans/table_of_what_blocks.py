"""Send and receive on nil, closed, empty and full channels: which of them block, and which panic."""

from functools import partial

from cluster import Chan, Panic, default, go, gosched, nil, select


async def attempt(name, operation):
    done = Chan(1)

    async def one():
        try:
            await operation()
            await done.send("goes on")
        except Panic as p:
            await done.send(f"panics: {p}")

    go(one)
    for _ in range(3):
        await gosched()
    index, how, _ = await select(done.recv(), default)
    print(name, how if index == 0 else "blocks")


async def main():
    closed, drained, full = Chan(1), Chan(), Chan(1)
    await closed.send(1)
    closed.close()
    drained.close()
    await full.send(1)
    for name, c in {
        "nil": nil,
        "closed": closed,
        "drained": drained,
        "empty": Chan(1),
        "unbuffered": Chan(),
        "full": full,
    }.items():
        await attempt(f"receive {name}", c.recv)
        await attempt(f"send {name}", partial(c.send, 1))
