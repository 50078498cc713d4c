"""Direct and selecting senders and receivers in all arrangements, four sizes of buffers: exact sums."""

from cluster import Chan, go, nil, select


async def send(a, b):
    for i in range(100):
        await a.send(i)
        await b.send(1000 * i)


async def select_send(a, b):
    i = k = 0
    while i < 100 or k < 100:
        x, y = (a if i < 100 else nil), (b if k < 100 else nil)
        if (await select(x.send(i), y.send(1000 * k))).index == 0:
            i += 1
        else:
            k += 1


async def receive(a, b):
    sums = Chan()

    async def take(c):
        await sums.send(sum([await c.recv() for _ in range(100)]))

    go(take, a)
    go(take, b)
    return await sums.recv() + await sums.recv()


async def select_receive(a, b):
    return sum([(await select(a.recv(), b.recv())).value for _ in range(200)])


async def main():
    for size in (0, 1, 10, 100):
        for arrangement in range(4):
            a, b = Chan(size), Chan(size)
            go((send, select_send)[arrangement & 1], a, b)
            total = await (receive, select_receive)[arrangement >> 1](a, b)
            print(size, arrangement, total)
