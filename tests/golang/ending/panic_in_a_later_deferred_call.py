"""A deferred call recovers, the next one panics anew, and the caller recovers that one, too."""

from cluster import Panic, panic


async def main():
    try:
        try:
            panic("first")
        except Panic as p:
            print("recovered", p)
        finally:
            panic("again")
    except Panic as p:
        print("recovered", p)
        print("main goes on to its end")
