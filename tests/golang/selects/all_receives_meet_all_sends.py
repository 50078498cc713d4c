"""Each way to receive meets each way to send: direct, in a select, in a loop with a default."""

from cluster import Chan, default, go, gosched, select


async def receive(c):
    return await c.recv()


async def select_receive(c):
    return (await select(c.recv(), Chan().recv())).value


async def try_receive(c):
    while (selected := await select(c.recv(), default)).index == 1:
        await gosched()
    return selected.value


async def send(c, v):
    await c.send(v)


async def select_send(c, v):
    await select(c.send(v), Chan().recv())


async def try_send(c, v):
    while (await select(c.send(v), default)).index == 1:
        await gosched()


async def main():
    for r, receiver in enumerate((receive, select_receive, try_receive)):
        for s, sender in enumerate((send, select_send, try_send)):
            c = Chan(1 if r == s == 2 else 0)  # two that only try never meet without a buffer
            go(sender, c, 10 * r + s)
            print(await receiver(c))
