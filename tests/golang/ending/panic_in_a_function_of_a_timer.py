"""A panic in a function that a timer started ends the program."""

from cluster import after_func, panic, select


async def main():
    after_func(0.001, panic, "in time")
    await select()
