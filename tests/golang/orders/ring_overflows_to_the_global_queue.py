"""The ring that overflows gives its older half, and the newcomer, to the global queue; each 61st tick takes one from
there.
"""

from cluster import Chan, go, gosched


async def main():
    for _ in range(23):
        await gosched()  # to tick 24, where Go's P is after its own goroutines and 20 of these
    done = Chan()
    ran = 0

    async def one(i):
        nonlocal ran
        print(i)
        ran += 1
        if ran == 300:
            await done.send(True)

    for i in range(300):
        go(one, i)
    await done.recv()
