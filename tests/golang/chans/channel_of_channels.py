"""A channel is a value: a request takes the channel of its reply along."""

from cluster import Chan, go


async def main():
    requests = Chan()

    async def serve():
        async for n, reply in requests:
            await reply.send(n * n)

    go(serve)
    for i in range(1, 5):
        reply = Chan()
        await requests.send((i, reply))
        print(await reply.recv())
