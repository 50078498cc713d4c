"""A deadline and a close end reads and writes, under way and to come, each with its own error."""

import os

from cluster import NetError, go, net, sleep

PATH = f"@connection-{os.getpid()}"


async def says(call):
    try:
        await call
    except NetError as error:
        print(str(error).replace(PATH, "PATH"))


async def plain(call, *args):
    call(*args)


async def closes(what):
    await sleep(0.005)
    what.close()


async def main():
    listener = await net.listen("unix", PATH)
    await says(net.listen("unix", PATH))
    there = await net.dial("unix", PATH)
    here = await listener.accept()
    there.set_read_deadline(0.005)
    await says(there.read(1))
    await says(there.read(1))
    there.set_write_deadline(-0.001)
    await says(there.write(b"x"))
    there.set_deadline(None)
    n = await there.write(b"four")
    there.close_write()
    print(n, (await here.read(10)).decode())
    print(len(await here.read(10)))
    go(closes, there)
    await says(there.read(10))
    await says(there.write(bytes(10)))
    await says(plain(there.close))
    await says(plain(there.close_write))
    await says(plain(there.set_deadline, None))
    await says(here.write(bytes(10)))
    go(closes, listener)
    await says(listener.accept())
    await says(plain(listener.close))
    await says(net.dial("unix", PATH))
