"""A dump says who is wired to its thread."""

from cluster import lock_os_thread, select


async def main():
    lock_os_thread()
    await select()
