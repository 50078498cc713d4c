"""A deadlock ends the program without deferred calls, and cannot be recovered."""

from cluster import Chan


async def main():
    try:
        await Chan().recv()
    except BaseException as error:
        print(error)
        raise
    finally:
        print("never")
