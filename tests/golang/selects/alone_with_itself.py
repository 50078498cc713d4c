"""A select that could only meet itself waits for ever."""

from cluster import Chan, select


async def main():
    c = Chan()
    if (await select(c.send(1), c.recv())).index == 0:
        print("sent")
    else:
        print("received")
