"""A case of the nil channel is never taken."""

from cluster import Chan, default, nil, select


async def main():
    c = Chan(1)
    await c.send(1)
    words = ["received from nil", "sent to nil", "got"]
    index, v, _ = await select(nil.recv(), nil.send(1), c.recv())
    print(words[index], v)
    words[2] = "default"
    print(words[(await select(nil.recv(), nil.send(1), default)).index])
