"""Of several cases the one that is ready is taken, wherever it stands."""

from cluster import Chan, select


async def main():
    a, b = Chan(), Chan(1)
    for i in range(3):
        await b.send(i)
        match await select(a.recv(), b.recv()):
            case (0, v, _):
                print("a", v)
            case (1, v, ok):
                print("b", v, ok)
        match await select(b.send(i), a.recv()):
            case (0, _, _):
                print("sent")
            case (1, _, _):
                print("a")
        await b.recv()
