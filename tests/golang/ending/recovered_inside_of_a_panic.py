"""A panic that is raised and recovered in a deferred call leaves the outer one as it was."""

from cluster import Panic, panic


async def main():
    try:
        panic("outer")
    finally:
        try:
            panic("inner")
        except Panic as p:
            print("recovered", p.value)
