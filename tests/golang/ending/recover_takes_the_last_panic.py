"""Recover takes the latest panic; the earlier one that it replaced is gone, too."""

from cluster import Panic, panic


def f():
    try:
        try:
            panic("first")
        finally:
            panic("second")
    except Panic as p:
        print("recovered", p.value)


async def main():
    f()
    print("main goes on")
