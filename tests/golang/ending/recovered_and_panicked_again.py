"""A panic that is recovered and raised again: its first life is marked as recovered."""

from cluster import Panic, panic


async def main():
    try:
        panic("oops")
    except Panic as p:
        print("recovered", p.value)
        raise
