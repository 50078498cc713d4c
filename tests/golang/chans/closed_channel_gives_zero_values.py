"""A closed and drained channel gives the zero value and false, as often as it is asked."""

from cluster import Chan


async def main():
    c = Chan(2, zero="")
    await c.send("a")
    await c.send("b")
    c.close()
    for _ in range(4):
        v, ok = await c.recv_ok()
        print(f'"{v}" {ok} {len(c)}')
    print(f'"{await c.recv()}"')
