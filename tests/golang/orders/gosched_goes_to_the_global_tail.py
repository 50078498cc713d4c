"""Goroutines that call Gosched take turns, in the order in which they called it."""

from cluster import go, gosched


async def turns(i):
    for k in range(3):
        print(i, k)
        await gosched()


async def main():
    for i in range(3):
        go(turns, i)
    for k in range(4):
        await gosched()
        print("main", k)
