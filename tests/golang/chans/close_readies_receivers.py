"""Close readies the receivers newest first: the oldest is in runnext in the end, the others follow newest first."""

from cluster import Chan, go, gosched


async def main():
    c = Chan(zero=0)

    async def receiver(i):
        v, ok = await c.recv_ok()
        print(i, v, ok)

    for i in range(5):
        go(receiver, i)
        await gosched()
    c.close()
    print("main")
    await gosched()
