"""A send over an unbuffered channel is over only when the value was received."""

from cluster import Chan, go, gosched


async def main():
    c = Chan()

    async def sender():
        print("sending")
        await c.send(1)
        print("sent")

    go(sender)
    await gosched()
    print("receiving")
    await c.recv()
    print("received")
    await gosched()
