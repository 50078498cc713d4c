"""Who recovered a panic may panic anew: that one is told, and ends the program."""

from cluster import Panic, panic


async def main():
    try:
        panic("first")
    except Panic as p:
        print("recovered", p)
        try:
            panic("second")
        except Panic as q:
            print("recovered", q)
            panic("third")
