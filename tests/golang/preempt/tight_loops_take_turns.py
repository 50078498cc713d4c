"""Three loops without a call, none of which ends before all have begun, and one P: each is cut, and they begin
in the order of the queue.
"""

from cluster import Chan, go

begun = [0, 0, 0]


def spin(i):
    begun[i] = 1 + max(begun)
    turns = 0
    while begun[0] == 0 or begun[1] == 0 or begun[2] == 0:
        turns += 1
    return turns


async def main():
    done = Chan()

    async def spins(i):
        await done.send(spin(i))

    for i in range(3):
        go(spins, i)
    turns = sum([await done.recv() for _ in range(3)])
    print(f"[{begun[0]} {begun[1]} {begun[2]}]", turns > 0)
