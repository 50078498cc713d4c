"""What can be taken without waiting while a reader, or a writer, holds an RWMutex."""

from cluster import RWMutex


async def main():
    rw = RWMutex()
    print(await rw.try_rlock(), await rw.try_rlock(), await rw.try_lock())
    rw.runlock()
    rw.runlock()
    print(await rw.try_lock(), await rw.try_lock(), await rw.try_rlock())
    rw.unlock()
    print(await rw.try_rlock())
