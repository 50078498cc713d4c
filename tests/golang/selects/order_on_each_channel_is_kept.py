"""Four senders, four channels, selecting receivers: every value once, in order on each channel."""

from cluster import Chan, go, select


async def main():
    channels = [Chan(2), Chan(), Chan(5), Chan()]

    async def sender(c):
        for v in range(300):
            await c.send(v)
        await c.send(-1)

    for c in channels:
        go(sender, c)
    expected, still_open = [0] * 4, 4
    while still_open:
        i, v, _ = await select(*(c.recv() for c in channels))
        if v == -1:
            still_open -= 1
            continue
        if v != expected[i]:
            print("out of order", i, v)
        expected[i] += 1
    print(f"[{' '.join(map(str, expected))}]")
