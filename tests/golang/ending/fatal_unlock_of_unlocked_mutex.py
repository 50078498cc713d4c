"""The unlock of an unlocked Mutex is fatal: it cannot be recovered, and runs no deferred calls."""

from cluster import Mutex


async def main():
    try:
        mu = Mutex()
        await mu.lock()
        mu.unlock()
        mu.unlock()
    except BaseException as error:
        print(error)
        raise
    finally:
        print("never")
