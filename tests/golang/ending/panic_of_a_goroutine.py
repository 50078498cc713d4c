"""A panic of any goroutine ends the whole program; only its own deferred calls run."""

from cluster import Chan, go, panic


async def main():
    async def other():
        try:
            panic("oops")
        finally:
            print("deferred")

    try:
        go(other)
        await Chan().recv()
    finally:
        print("never")
