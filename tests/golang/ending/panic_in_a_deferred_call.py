"""A panic in a deferred call of a panic takes over; both are told."""

from cluster import panic


async def main():
    try:
        panic("first")
    finally:
        panic("second")
