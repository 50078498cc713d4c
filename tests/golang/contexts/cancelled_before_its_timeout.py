"""Of cancel and timeout the first one sets the error."""

from cluster import Canceled, background, sleep, with_timeout


async def main():
    ctx, cancel = with_timeout(background(), 0.003)
    cancel()
    await sleep(0.005)
    print(ctx.err(), isinstance(ctx.err(), Canceled))
