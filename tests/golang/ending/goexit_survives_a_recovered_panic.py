"""A panic that is raised and recovered in a deferred call does not cancel the Goexit."""

from cluster import Panic, go, goexit, gosched, panic


async def main():
    async def inner():
        try:
            goexit()
        finally:
            try:
                panic("oops")
            except Panic as p:
                print("recovered", p)

    async def outer():
        try:
            await inner()
            print("never")
        finally:
            print("ends")

    go(outer)
    await gosched()
