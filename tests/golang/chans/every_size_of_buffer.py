"""For many sizes: so many sends do not wait, one more does; close wakes it; the values come in order."""

import itertools

from cluster import Chan, Panic, go, gosched


async def main():
    async def sender(c, size):
        try:
            for i in itertools.count():
                await c.send(i)
                sent[size] = i + 1
        except Panic:
            pass

    sent = [0] * 40
    for size in range(40):
        c = Chan(size)
        go(sender, c, size)
        for _ in range(3):
            await gosched()
        if (sent[size], len(c), c.cap) != (size, size, size):
            print("wrong", size, sent[size], len(c), c.cap)
        for i in range(2 * size + 1):
            if (v := await c.recv()) != i:
                print("wrong", size, v, i)
        await gosched()
        c.close()
    print("done")
