"""Recover returns the value of the panic; the function returns to its caller, who goes on."""

from cluster import Panic, panic


def f(v):
    try:
        panic(v)
    except Panic as p:
        print("recovered", p.value)


async def main():
    f("text")
    f(42)
    f(None)
    print("main goes on")
