"""The dump of a goroutine ends with the function that started it."""

from cluster import Chan, go, stack


async def main():
    c = Chan()

    async def created():
        await c.send(await stack())

    creator(created)
    for line in (await c.recv()).splitlines():
        if line.startswith("created by "):
            print(line)


def creator(fn):
    go(fn)
