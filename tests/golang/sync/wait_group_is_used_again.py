"""A WaitGroup may be used again when all have left Wait."""

from cluster import Chan, WaitGroup, go


async def main():
    wg = WaitGroup()
    for turn in range(3):
        results = Chan(5)

        async def one(i, results):
            try:
                await results.send(i)
            finally:
                wg.done()

        for i in range(5):
            wg.add(1)
            go(one, i, results)
        await wg.wait()
        print(turn, sum([await results.recv() for _ in range(5)]))
