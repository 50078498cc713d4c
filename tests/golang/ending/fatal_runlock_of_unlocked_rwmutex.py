"""The unlock of an RWMutex that no reader holds is fatal."""

from cluster import RWMutex


async def main():
    rw = RWMutex()
    await rw.rlock()
    rw.runlock()
    rw.runlock()
