"""A worker that selects between its work and Done ends when the context is cancelled."""

from cluster import Chan, background, go, select, with_cancel


async def main():
    ctx, cancel = with_cancel(background())
    work, ended = Chan(), Chan()

    async def worker():
        total = 0
        while (selected := await select(work.recv(), ctx.done().recv())).index == 0:
            total += selected.value
        await ended.send(total)

    go(worker)
    for i in range(10):
        await work.send(i)
    cancel()
    print(await ended.recv())
