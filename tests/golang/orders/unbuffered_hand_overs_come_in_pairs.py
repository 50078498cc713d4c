"""Over an unbuffered channel each side runs on until it must wait: two sends, two receives."""

from cluster import Chan, go, gosched


async def main():
    c = Chan()

    async def receiver():
        async for v in c:
            print("got", v)
        print("closed")

    go(receiver)
    for i in range(5):
        await c.send(i)
        print("sent", i)
    c.close()
    print("main")
    await gosched()
