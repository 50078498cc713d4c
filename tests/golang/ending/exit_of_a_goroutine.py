"""Exit ends the program from any goroutine, while others wait or are runnable."""

from cluster import Chan, exit, go


async def main():
    c = Chan()

    async def other():
        try:
            exit(4)
        finally:
            print("never")

    go(print, "never")
    go(other)
    await c.recv()
