"""Recover without a panic returns nil."""

from cluster import Panic


def f():
    recovered = None
    try:
        pass
    except Panic as p:
        recovered = p.value
    return recovered


async def main():
    print(f())
