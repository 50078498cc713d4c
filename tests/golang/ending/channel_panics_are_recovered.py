"""The three panics of channels are errors with Go's texts."""

from cluster import Chan, Panic, nil


async def main():
    c = Chan()
    c.close()
    try:
        await c.send(1)
    except Panic as p:
        print(p)
    for closed in (c, nil):
        try:
            closed.close()
        except Panic as p:
            print(p)
