"""Three panics, each in a deferred call of the one before."""

from cluster import panic


async def main():
    try:
        try:
            panic(Exception("one"))
        finally:
            panic("two")
    finally:
        panic(3)
