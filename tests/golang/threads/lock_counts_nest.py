"""Two locks need two unlocks; one unlock too many is nothing. A dump says whether a goroutine is wired."""

from cluster import lock_os_thread, stack, unlock_os_thread


async def header():
    return (await stack()).splitlines()[0]


async def main():
    lock_os_thread()
    lock_os_thread()
    print(await header())
    unlock_os_thread()
    print(await header())
    unlock_os_thread()
    print(await header())
    unlock_os_thread()
    print(await header())
