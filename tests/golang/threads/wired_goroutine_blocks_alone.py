"""A goroutine that has locked its thread blocks in the kernel: others run, and it comes back to its thread."""

import os
import threading
import time

from cluster import Chan, default, go, gosched, lock_os_thread, select, unlock_os_thread


async def main():
    back = Chan()

    async def blocks():
        lock_os_thread()
        before = os.getpid(), threading.get_ident()
        time.sleep(0.1)
        await back.send((os.getpid(), threading.get_ident()) == before)
        unlock_os_thread()

    go(blocks)
    await gosched()
    turns = 0
    while True:
        got = await select(back.recv(), default)
        if got.index == 0:
            print(got.value, turns > 0)
            return
        turns += 1
        await gosched()
