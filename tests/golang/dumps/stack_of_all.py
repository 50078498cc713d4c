"""Stack of all: the caller first, then the others with what they do: wait, sleep, or are runnable."""

import re

from cluster import Chan, go, gosched, select, sleep, stack


async def reasons():
    return re.findall(r"(?m)^goroutine \d+ \[(.+)\]:$", await stack(all=True))


async def main():
    c = Chan()

    async def sender():
        await c.send(1)
        await select()

    go(c.recv)
    go(sleep, 3600)
    go(sender)
    await gosched()
    go(print)
    found = await reasons()
    print(found[0])
    print(", ".join(sorted(found)))
