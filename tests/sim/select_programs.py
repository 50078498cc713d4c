"""Programs whose goroutines, on whichever M they run, select over channels that were made wherever their makers ran."""

from cluster.kernel.chan import Chan
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import go, gosched, here
from cluster.kernel.select import default, select
from cluster.kernel.tickers import after
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.ids import ObjId
from tests.sim.nodes import burn

SLICE = 20_000  # ns: what one piece of work takes


async def make(out: Chan[Chan[object]], cap: int) -> None:
    """A channel whose home is wherever this goroutine runs."""
    burn(SLICE)
    await out.send(Chan[object](cap))


async def channels(n: int, cap: int = 0) -> list[Chan[object]]:
    """Channels of several homes, perhaps."""
    made = Chan[Chan[object]]()
    for _ in range(n):
        go(make, made, cap)
    return [await made.recv() for _ in range(n)]


def homes(chans: list[Chan[object]]) -> int:
    """How many homes they have."""
    return len({c.home.home if isinstance(c.home, ObjId) else here("a test").far for c in chans})  # type: ignore[misc]


async def selecting_sender(chans: list[Chan[object]], n: int) -> None:
    """test/chan/doubleselect.go: each value goes to one of them."""
    for i in range(n):
        await select(*[c.send(i) for c in chans])
        if i % 5 == 0:
            burn(SLICE)
    for c in chans:
        c.close()


async def forward(c: Chan[object], out: Chan[object], wg: WaitGroup) -> None:
    async for v in c:
        burn(SLICE // 10)
        await out.send(v)
    wg.done()


async def close_after(wg: WaitGroup, out: Chan[object]) -> None:
    await wg.wait()
    out.close()


async def double_select(n: int) -> tuple[list[object], int]:
    """What came out, sorted, and how many homes there were."""
    chans, out, wg = await channels(4), Chan[object](), WaitGroup()
    wg.add(4)
    go(selecting_sender, chans, n)
    for c in chans:
        go(forward, c, out, wg)
    go(close_after, wg, out)
    return sorted([v async for v in out], key=str), homes(chans)


async def pair(chans: list[Chan[object]], me: int, n: int, done: Chan[int]) -> None:
    """Select on both sides: both sends and receives are selects, of several Ms."""
    sent = got = 0
    while sent < n or got < n:
        out = [c.send(me) if sent < n else nil.send(0) for c in chans]
        back = [c.recv() if got < n else nil.recv() for c in chans]
        at, value, _ = await select(*out, *back)
        if at < len(chans):
            sent += 1
        else:
            assert value != me
            got += 1
        burn(SLICE // 10)
    await done.send(sent + got)


async def both_sides(n: int) -> list[int]:
    chans, done = await channels(3), Chan[int]()
    for me in range(2):
        go(pair, chans, me, n, done)
    return [await done.recv() for _ in range(2)]


async def stuck(chans: list[Chan[object]], i: int) -> None:
    burn(SLICE)
    await select(*[c.recv() for c in chans], nil.send(i))


async def all_stuck(n: int) -> None:
    chans = await channels(3)
    for i in range(n):
        go(stuck, chans, i)
    await select(*[c.send(1) for c in chans[:0]])


async def poll(c: Chan[object], out: Chan[int]) -> None:
    """Ask until there is something, as with a default."""
    polls = 0
    while (await select(c.recv(), default)).index:
        polls += 1
        burn(SLICE)
        await gosched()
    await out.send(polls)


async def polling(n: int) -> int:
    chans, out = await channels(n, 1), Chan[int]()
    for c in chans:
        go(poll, c, out)
    for c in chans:
        burn(SLICE)
        await c.send("here")
    return len([await out.recv() for _ in chans])


async def late(chans: list[Chan[object]], out: Chan[bool]) -> None:
    timeout = after(0.002)
    chosen = await select(*[c.recv() for c in chans], timeout.recv())
    await out.send(chosen.index == len(chans))


async def timeouts(n: int) -> list[bool]:
    chans, out = await channels(3), Chan[bool]()
    for _ in range(n):
        go(late, chans, out)
    return [await out.recv() for _ in range(n)]
