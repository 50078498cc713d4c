"""Three loops without a call, none of which ends before all have begun, and one P: each is cut, and they begin
in the order of the queue.
"""

from cluster import Chan, go

begun = [0, 0, 0]
order = turns = 0


def spin(i):
    global order, turns
    order += 1
    begun[i] = order
    while begun[0] == 0 or begun[1] == 0 or begun[2] == 0:
        turns += 1


async def main():
    done = Chan()

    async def spins(i):
        spin(i)
        await done.send(True)

    for i in range(3):
        go(spins, i)
    for _ in range(3):
        await done.recv()
    print(f"[{begun[0]} {begun[1]} {begun[2]}]", turns > 0)
