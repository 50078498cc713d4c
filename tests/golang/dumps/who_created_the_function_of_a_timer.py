"""The goroutine of an AfterFunc was made by the timers themselves."""

from cluster import Chan, after_func, stack


async def main():
    c = Chan()

    async def function():
        await c.send(await stack())

    after_func(0.001, function)
    for line in (await c.recv()).splitlines():
        if line.startswith("created by "):
            print(line)
